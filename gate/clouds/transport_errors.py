"""What it means when no answer came: the errors of sockets, TLS, proxies and packing, named for the user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import LocationValueError

from gate.errors import NotUnderstood, Refused, Unreachable, UsageError
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.errors import GateError


_NO_ADDRESS = (
    LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
)


def unusable_proxy() -> UsageError:
    """The fault when the proxy's address is none; what exactly is wrong stays unsaid, as it may hold a password."""
    return UsageError(
        "The address of the proxy cannot be read.",
        means="HTTPS_PROXY holds brackets, spaces or letters where they cannot be, or a kind of proxy other than http.",
        remedy="Correct it, with user and password percent-encoded.",
    )


def error_from(error: Exception, *, host: str, hide: Callable[[str], str]) -> GateError:
    """Names the fault behind an error of `requests` or `urllib3`, without the password of a proxy.

    Args:
        error: Which may cite what came over the wire.
        host: That was asked.
        hide: Takes every secret out of a text.
    """
    cause = _innermost(error)
    if isinstance(cause, _NO_ADDRESS):
        # The gate's own address was checked before, so that it can only be the proxy's.
        return unusable_proxy()
    describe_error = f"{type(cause).__name__}: {cause}"
    detail = one_line(re.sub(r"//[^/@\s]*@", "//***@", hide(describe_error)), 200)
    if "NO_CERTIFICATE_OR_CRL_FOUND" in describe_error or "[X509" in describe_error:
        return UsageError(
            f"The certificates to check {host} by cannot be used ({detail}).",
            means="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or --ca-bundle names a file without certificates.",
            remedy="Correct or unset the variable; for private certificate authorities give --ca-bundle.",
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NotUnderstood(
            f"The certificate of {host} cannot be trusted ({detail}).",
            means="A proxy opens the TLS connection, or the endpoint uses a private certificate authority.",
            remedy="Give its certificates with --ca-bundle.",
        )
    if "Tunnel connection failed: 407" in describe_error:
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


def _innermost(error: BaseException) -> BaseException:
    # requests wraps urllib3, which wraps the error of the socket: the sentence nearest to the cause says most.
    inner = [part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException)]
    return _innermost(inner[-1]) if inner else error
