"""What it means when no answer came: the errors of sockets, TLS, proxies and packing, named for the user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import LocationValueError

from gate.errors import NotUnderstood, Refused, Unreachable
from gate.text import one_line

if TYPE_CHECKING:
    from gate.errors import GateError


def fault_behind(error: Exception, *, host: str) -> GateError:
    """Names the fault behind an error of `requests` or `urllib3`, without the password of a proxy."""
    detail = one_line(re.sub(r"//[^/@\s]*@", "//***@", _innermost(error)), 200)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NotUnderstood(
            f"The certificate of {host} cannot be trusted ({detail}).",
            means="A proxy opens the TLS connection, or the endpoint uses a private certificate authority.",
            remedy="Give its certificates with --ca-bundle.",
        )
    if "Tunnel connection failed: 407" in detail:
        return Refused(
            f"The proxy on the way to {host} wants to know who asks ({detail}).",
            means="Its address in HTTPS_PROXY has no user and password, or wrong ones.",
            remedy="Correct HTTPS_PROXY, or let NO_PROXY name this host.",
        )
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return NotUnderstood(
            f"The answer of {host} cannot be unpacked ({detail}).",
            means="What answers is not this API, or a proxy damages its answers.",
            remedy="Check --endpoint and the proxy.",
        )
    return Unreachable(
        f"{host} cannot be reached, or broke off ({detail}).",
        means="The network, a proxy or the name of the host is wrong, or the service is down.",
        remedy="Check --endpoint or --region, and HTTPS_PROXY and NO_PROXY.",
    )


def _innermost(error: BaseException) -> str:
    # requests wraps urllib3, which wraps the error of the socket: the sentence nearest to the cause says most.
    inner = [part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException)]
    if inner:
        return _innermost(inner[-1])
    # What cannot be parsed is the address of a proxy, which may hold a password in any place.
    if isinstance(error, (LocationValueError, requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return type(error).__name__
    return f"{type(error).__name__}: {error}"
