"""From an error of `requests` or `urllib3` to an error of the gate: sockets, TLS, proxies and compression."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as ConnectionTimeout

from gate.clouds.ca_bundle import TOO_MANY_OPEN_FILES, is_system_file_missing
from gate.errors import NotUnderstood, Refused, Unreachable, UsageError
from gate.text import one_line
from gate.unexpanded import mistake_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.errors import GateError


_NO_ADDRESS = (
    LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
)


_OTHER_NAME = (
    "The certificate is for other host names: another server answers here, or the endpoint has a wrong name.",
    "Check --endpoint, and whether the name leads to the right server.",
)
_WRONG_TIME = (
    "The certificate has expired, is not valid yet, or this machine's clock is wrong.",
    "Check the clock; if it is right, the operator of that server or proxy has to renew the certificate.",
)
_NOT_TRUSTED = (
    "A proxy opens the TLS connection, or the endpoint uses a private certificate authority.",
    "Give the authority's certificate with --ca-bundle, or add it to those of the system.",
)
_NOT_IN_BUNDLE = (
    "A proxy opens the TLS connection, or the given file lacks the authority; none but those of the file count.",
    "Add that authority's certificate to the file of --ca-bundle, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE.",
)
_BROKEN_AUTHORITY = (
    "A certificate in its chain breaks a rule, which newer versions of Python check more strictly.",
    "Name the authority with --ca-bundle, for which fewer rules count, or have its certificate renewed.",
)
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
_CERTIFICATE_FAULTS = {
    **dict.fromkeys((62, 63, 64), _OTHER_NAME),
    **dict.fromkeys((9, 10), _WRONG_TIME),
    **dict.fromkeys(_UNKNOWN_ISSUER, _NOT_TRUSTED),
}
"""What each fault means and what to do, by OpenSSL's number of it (X509_V_ERR in its x509_vfy.h)."""
_UNREACHABLE = {
    NameResolutionError: (
        "The name is mistyped, or the name servers that this runner asks do not know it.",
        "Check --endpoint or --region, and HTTPS_PROXY; where only a proxy knows the names outside, set HTTPS_PROXY.",
    ),
    NewConnectionError: (
        "Nothing listens there, a firewall refuses the connection, or no route leads there.",
        "Check --endpoint, HTTPS_PROXY and NO_PROXY, and whether the firewall allows it.",
    ),
    ConnectTimeoutError: (
        "Nothing answers there: a firewall drops what this runner sends, or the address is wrong.",
        "Have the firewall allow it, or set HTTPS_PROXY where this network needs a proxy; check --endpoint.",
    ),
    ssl.SSLError: (
        "What answers does not speak TLS there, or ends the handshake, as some firewalls do.",
        "Check the port in --endpoint, and the http:// or https:// of HTTPS_PROXY.",
    ),
}
"""What it means that a host cannot be reached, and what to do, by the kind of the cause, a narrower one first."""
_BROKE_OFF = (
    "The server, a proxy or a firewall closed the connection, or the service is down.",
    "Try again later; if this error comes again, check --endpoint, HTTPS_PROXY and NO_PROXY.",
)
_NOT_AUTHENTICATED = (
    "The proxy requires authentication, and its address in HTTPS_PROXY has no user and password, or wrong ones.",
    "Correct HTTPS_PROXY, or add this host to NO_PROXY.",
)
_REFUSED_BY_RULE = (
    "Its rules do not allow this host, or a firewall answers in its place.",
    "Have the host allowed there, or add it to NO_PROXY if this runner can reach it directly.",
)
_OUT_OF_ORDER = (
    "The proxy itself does not know this name, cannot reach the host through a firewall, or is out of order.",
    "Check --endpoint, and ask those who run the proxy; add the host to NO_PROXY if this runner can reach it directly.",
)
_PROXY_AUTHENTICATION_REQUIRED, _SERVER_ERROR = 407, 500
_PROXY_IS_BUSY = frozenset({408, 429})


def check_proxy(address: str) -> None:
    """Checks that the address of a proxy is not a reference that nothing has replaced, and so on.

    Raises:
        UsageError: It is; the address is not quoted, since it may contain a password.
    """
    if mistake := mistake_in(address):
        raise UsageError(
            f"The address of the proxy was never filled in: {mistake}.",
            means="HTTPS_PROXY or ALL_PROXY, in capitals or small letters, has it.",
            remedy="Set it to the address itself, or unset it.",
        )


def unusable_proxy() -> UsageError:
    """The error for a proxy's address that cannot be parsed; it is not quoted, since it may contain a password."""
    return UsageError(
        "The address of the proxy cannot be read.",
        means="HTTPS_PROXY has brackets, spaces or letters where they cannot be, a name without http:// before it, or "
        "a kind of proxy other than http.",
        remedy="Correct it, with user and password percent-encoded.",
    )


def proxy_address(proxies: Mapping[str, str], url: str) -> str:
    """The address of the proxy on the way to a URL, among those that `requests` has found; empty if there is none."""
    return select_proxy(url, dict(proxies)) or ""


def without_password(address: str) -> str:
    """Host and port of a proxy, whose address may lack the `http://`; empty where they cannot be told from a secret."""
    try:
        proxy = urlsplit(address if "://" in address else f"http://{address}")
        name, port = proxy.hostname or "", proxy.port
    except ValueError:
        return ""
    # Behind a slash in a password, its first part would be taken for a port.
    is_split = "@" in f"{proxy.path}{proxy.query}{proxy.fragment}"
    return "" if is_split else f"{name}:{port}" if port else name


def error_from(error: Exception, *, host: str, redact: Callable[[str], str], bundle: str | None = None) -> GateError:
    """Translates an error of `requests` or `urllib3`, without the password of a proxy.

    Args:
        error: It may quote what was received.
        host: The host that the request was for, and the proxy on the way.
        redact: Replaces every secret in a text.
        bundle: The path of the certificate authorities, if the user has named them.
    """
    cause = _innermost(error)
    if isinstance(cause, _NO_ADDRESS):
        # The gate's own address was checked before, so this can only be the proxy's.
        return unusable_proxy()
    detail = one_line(re.sub(r"//[^/@\s]*@", "//***@", redact(_described(cause))), 200)
    if any(getattr(part, "errno", None) in TOO_MANY_OPEN_FILES for part in (cause, cause.__cause__)):
        return _out_of_descriptors(host)
    if _is_about_ca_bundle(error, cause):
        return _no_certificates(host, detail)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return _untrusted_certificate(host, detail, getattr(cause, "verify_code", 0), bundle)
    tunnel = re.search(r"Tunnel connection failed: (\d{3})", str(cause))
    return _no_tunnel(int(tunnel[1]), host, detail) if tunnel else _unreachable(host, detail, cause)


def _is_about_ca_bundle(error: Exception, cause: BaseException) -> bool:
    """Whether the file of trusted certificates is not there, cannot be read, or has none in it."""
    if isinstance(cause, ssl.SSLError):
        return "NO_CERTIFICATE_OR_CRL_FOUND" in str(cause) or "[X509" in str(cause)
    # requests raises a plain OSError for a path that does not exist. urllib3 makes an SSLError of an OSError only where
    # it loads certificates.
    return isinstance(cause, OSError) and (
        "TLS CA certificate bundle" in str(cause) or isinstance(error, requests.exceptions.SSLError)
    )


def _no_certificates(host: str, detail: str) -> UsageError:
    return UsageError(
        f"The certificates to check {host} by cannot be used ({detail}).",
        means="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or --ca-bundle names a file without certificates.",
        remedy="Correct or unset the variable; for private certificate authorities give --ca-bundle.",
    )


def _untrusted_certificate(host: str, detail: str, code: int, bundle: str | None) -> NotUnderstood:
    means, remedy = _CERTIFICATE_FAULTS.get(code, _BROKEN_AUTHORITY)
    if code in _UNKNOWN_ISSUER and bundle:
        means, remedy = _NOT_IN_BUNDLE
    elif code in _UNKNOWN_ISSUER and is_system_file_missing():
        means = "SSL_CERT_FILE names a file that does not exist, so that no authority of the system may be known."
        remedy = f"Correct SSL_CERT_FILE. {remedy}"
    return NotUnderstood(f"The certificate of {host} cannot be trusted ({detail}).", means=means, remedy=remedy)


def _no_tunnel(status: int, host: str, detail: str) -> GateError:
    if status in _PROXY_IS_BUSY:
        return _proxy_is_busy(host, detail)
    of_kind = _REFUSED_BY_RULE if status < _SERVER_ERROR else _OUT_OF_ORDER
    means, remedy = _NOT_AUTHENTICATED if status == _PROXY_AUTHENTICATION_REQUIRED else of_kind
    return Refused(f"The proxy does not let this runner reach {host} ({detail}).", means=means, remedy=remedy)


def _out_of_descriptors(host: str) -> Unreachable:
    return Unreachable(
        f"No connection to {host} can be opened: this process has too many open files.",
        means="The limit of open files is low, or the program that started the gate left many open.",
        remedy="Raise the limit, such as ulimit -n.",
    )


def _proxy_is_busy(host: str, detail: str) -> Unreachable:
    return Unreachable(
        f"{host} cannot be reached, or broke off ({detail}).",
        means="The proxy has too much to do.",
        remedy="Try again later; if this error comes again, ask those who run the proxy.",
    )


def _unreachable(host: str, detail: str, cause: BaseException) -> Unreachable:
    means, remedy = next((texts for kind, texts in _UNREACHABLE.items() if isinstance(cause, kind)), _BROKE_OFF)
    return Unreachable(f"{host} cannot be reached, or broke off ({detail}).", means=means, remedy=remedy)


def _described(cause: BaseException) -> str:
    """Describes an error in the words of the system or the library, without the names of Python objects."""
    if isinstance(cause, ConnectionTimeout) and (seconds := re.search(r"timeout=([0-9.]+)", str(cause))):
        return f"no connection within {float(seconds[1]):g} s"
    system_error = cause.__cause__ if isinstance(cause.__cause__, OSError) else cause
    if isinstance(system_error, OSError) and system_error.strerror:
        file = f": {system_error.filename}" if system_error.filename else ""
        return f"{system_error.strerror}{file}"
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(cause).__name__).lower()
    # That of http.client.IncompleteRead is its repr.
    texts = [part for part in cause.args if isinstance(part, str)] or [re.sub(r"^\w+\((.*)\)$", r"\1", str(cause))]
    message = re.sub(r"^HTTPS?Connection(Pool)?\([^)]*\): ", "", texts[-1])
    return message if type(cause) is OSError else f"{kind}: {message}"


def _innermost(error: BaseException) -> BaseException:
    # requests wraps urllib3, which wraps the error of the socket: the message nearest to the cause says most.
    inner = [part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException)]
    return _innermost(inner[-1]) if inner else error
