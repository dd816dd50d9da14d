"""What the gate changes of `requests`: who is trusted, when NO_PROXY applies, and who holds the socket of a connection.

The connections hand their sockets to the exchange that uses them, which can so be aborted.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import connection, connectionpool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family
from urllib3.util.ssl_ import create_urllib3_context

from gate.clouds.exchange import current_exchange

if TYPE_CHECKING:
    from urllib3.poolmanager import PoolManager


_HTTPS_PORT = 443


class Session(requests.Session):
    """A session for use in the threads of exchanges, by one at a time.

    It follows no redirect, for which requests would read its address and the whole body, and keeps no cookie.
    """

    def __init__(self) -> None:
        super().__init__()
        self.headers["Accept-Encoding"] = "gzip, deflate"
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def merge_environment_settings(self, url: Any, proxies: Any, *others: Any, **named: Any) -> Any:
        """As `requests` does, with NO_PROXY read as runners write it."""
        no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        # Plain http goes to addresses of this machine only, to which no proxy leads.
        hosts = readable_no_proxy(no_proxy, urlsplit(url).port or _HTTPS_PORT)
        proxies = {**(proxies or {}), "no_proxy": hosts}
        settings = super().merge_environment_settings(url, proxies, *others, **named)
        settings["proxies"].pop("no_proxy", None)
        return settings

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' own signature
        """None, whatever the response says."""
        return None


def readable_no_proxy(text: str, port: int = _HTTPS_PORT) -> str:
    """Rewrites NO_PROXY for `requests`: without stars, capitals, spaces, semicolons, a dot at the end, and this port.

    Args:
        text: The value of the variable.
        port: The port of the request; a host with another port is left out.
    """
    hosts = (re.fullmatch(r"([^:]*?)\.?(?::([0-9]+))?|(.*)", host) for host in re.split(r"[,;\s]+", text.lower()))
    named = (host[3] or host[1] for host in hosts if host and host[2] in {None, str(port)})
    return ",".join(host if host == "*" else host.lstrip("*") for host in named if host)


# The names of these classes are in the messages of errors.


class HTTPConnection(connection.HTTPConnection):
    """A connection that hands its socket to the exchange, before it is connected and for each further request."""

    def _new_conn(self) -> socket.socket:
        # As in urllib3, except that the exchange has the socket before it is connected.
        try:
            return self._connect_to_any_address()
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            message = f"Connection to {self.host} timed out. (connect timeout={self.timeout})"
            raise ConnectTimeoutError(self, message) from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error

    def _connect_to_any_address(self) -> socket.socket:
        # `host` would lack the dot at the end, with which a name is not looked up in the machine's own domains.
        host, family = self._dns_host.strip("[]"), allowed_gai_family()
        errors = [OSError("the name has no address")]
        for address in socket.getaddrinfo(host, self.port, family, socket.SOCK_STREAM):
            sock = socket.socket(*address[:3])
            try:
                current_exchange().hold(self, sock)
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(self.timeout)
                sock.connect(address[4])
            except OSError as error:
                sock.close()
                errors.append(error)
            else:
                return sock
        raise errors.pop()

    def request(self, *args: Any, **options: Any) -> None:
        """Sends a request, perhaps on a connection that an earlier exchange has opened."""
        if self.sock is not None:
            current_exchange().hold(self, self.sock)
        super().request(*args, **options)


class HTTPSConnection(HTTPConnection, connection.HTTPSConnection):
    """The same with TLS, and with the certificate authorities that the user or the system trusts."""

    def connect(self) -> None:
        """See `urllib3.connection.HTTPSConnection.connect`."""
        self.ssl_context = trust(is_given=self.ca_certs != DEFAULT_CA_BUNDLE_PATH or bool(self.ca_cert_dir))
        super().connect()
        if on_tls := current_exchange().on_tls:
            on_tls(cast("ssl.SSLSocket", self.sock))


def trust(*, is_given: bool) -> ssl.SSLContext:
    """The context for a connection, to which urllib3 adds the authorities of the given file, else those of certifi.

    Args:
        is_given: Whether the user has named the authorities. Then no others count, and their certificates need not
            follow the rules that Python 3.13 checks in addition: many of companies do not. Otherwise those of the
            system count too, among which a company's base image has its own; SSL_CERT_FILE and SSL_CERT_DIR name them.
    """
    context = create_urllib3_context()
    if is_given:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    else:
        context.load_default_certs()
    return context


class HTTPConnectionPool(connectionpool.HTTPConnectionPool):
    """A pool of these connections."""

    ConnectionCls = HTTPConnection


class HTTPSConnectionPool(connectionpool.HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = HTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _use_own_connections(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **options)
        _use_own_connections(manager)
        return manager


def _use_own_connections(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
