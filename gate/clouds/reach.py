"""Whether a host can be reached as a run reaches it: by the same names, proxy and trusted certificates."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

from gate.clouds.response import date_of
from gate.clouds.transport import Transport
from gate.clouds.unsigned import Unsigned
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.exchange import Exchange
    from gate.clouds.response import Response
    from gate.settings import Settings

_ISSUER = ("organizationName", "commonName")
_MAX_NAME = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The certificate of a host, which is trusted."""

    issuer: str
    ends_at: datetime
    """The end of its validity, aware, in UTC."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """A host that has responded, with whatever status."""

    host: str
    proxy: str = ""
    """The address of the proxy, without its password; empty if there is none."""
    certificate: Certificate | None = None
    """None without TLS."""
    tls: str = ""
    """The version of TLS."""
    server_time: datetime | None = None
    """The Date of the response; None if it has none."""


class _Reach(Transport):
    """A transport that keeps what it has seen of TLS."""

    certificate: Certificate | None = None
    tls = ""

    def _exchange(
        self, session: Any, prepared: Any, send_options: Any, redactor: Any, exchange: Exchange[Response]
    ) -> Response:
        exchange.on_tls = self._keep
        return super()._exchange(session, prepared, send_options, redactor, exchange)

    def _keep(self, sock: ssl.SSLSocket) -> None:
        self.certificate = parse_certificate(sock.getpeercert() or {})
        self.tls = sock.version() or ""


def reach(url: str, settings: Settings) -> Reached:
    """Sends one request without credentials to this address, within the request timeout.

    Raises:
        Unreachable: There was no response.
        NotUnderstood: The certificate of the host is not trusted, or the response is too large.
        UsageError: The file of trusted certificates or the address of the proxy cannot be used.
    """
    transport = _Reach(url, secrets=(), request_timeout=settings.request_timeout, ca_bundle=settings.ca_bundle)
    try:
        response = transport.send(requests.Request("GET", f"{url}/", auth=Unsigned()))
    finally:
        transport.close()
    return Reached(
        host=transport.host,
        proxy=response.proxy,
        certificate=transport.certificate,
        tls=transport.tls,
        server_time=date_of(response),
    )


def parse_certificate(stated: Mapping[str, Any]) -> Certificate | None:
    """Reads a certificate as `ssl` describes it (`SSLSocket.getpeercert`); None if it states no end."""
    if "notAfter" not in stated:
        return None
    names = {name: value for part in stated.get("issuer", ()) for name, value in part}
    issuer = ", ".join(one_line(names[name], _MAX_NAME) for name in _ISSUER if name in names)
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(stated["notAfter"]), UTC)
    return Certificate(issuer=issuer or "an issuer without a name", ends_at=ends_at)
