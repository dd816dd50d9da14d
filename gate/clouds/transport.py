"""One HTTP exchange, bounded in time and size: the result is a whole response or a named error."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from gate.clouds.body import damaged, read_body
from gate.clouds.ca_bundle import check_ca_bundle
from gate.clouds.exchange import Exchange
from gate.clouds.redaction import Redactor, proxy_passwords, signatures_of
from gate.clouds.response import Response
from gate.clouds.session import Session
from gate.clouds.transport_errors import check_proxy, error_from, proxy_address, unusable_proxy, without_password
from gate.errors import Unreachable
from gate.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MAX_CONNECT_TIMEOUT = 10.0
"""Seconds."""
_MAX_HEADERS_LENGTH = 200_000
"""Characters of all headers; `http.client` accepts 6,500,000, which would be there several times beside the body."""


_METADATA_SERVICES = frozenset({"100.100.100.200", "169.254.169.254"})
"""The addresses at which a machine of Alibaba Cloud and of Huawei Cloud asks for the keys of its own role; no other
machine can be reached there (sign-in.md 1.4 and 2.6)."""


class Transport:
    """Sends requests to one host, one at a time."""

    def __init__(
        self, base_url: str, *, secrets: Iterable[str], request_timeout: float, ca_bundle: Path | None
    ) -> None:
        parts = urlsplit(base_url)
        self.host = parts.netloc
        self._request_timeout = request_timeout
        self._ca_bundle = str(ca_bundle) if ca_bundle else None
        # No proxy can reach an address of this machine alone, or may see what is asked for there.
        host = parts.hostname or ""
        self._trusts_environment = not is_loopback(host) and host not in _METADATA_SERVICES
        self._secrets = tuple(secrets)
        self._session = self._new_session()

    def send(self, request: requests.Request) -> Response:
        """Sends a request and returns its response, with every secret in it redacted.

        Raises:
            Unreachable: No whole response came within the request timeout.
            NotUnderstood: The response is too large, cannot be decompressed, or its certificate cannot be trusted.
            UsageError: The file of trusted certificates cannot be read, or the proxy's address cannot.
        """
        # A thread that starts late must not share the session of its successor.
        session = self._session
        prepared = session.prepare_request(request)
        send_options = session.merge_environment_settings(
            prepared.url or "", proxies={}, stream=True, verify=self._ca_bundle, cert=None
        )
        address = proxy_address(send_options["proxies"], prepared.url or "")
        check_proxy(address)
        proxy = without_password(address)
        path = f"{self.host} through the proxy {proxy}" if proxy else self.host
        passwords = tuple(proxy_passwords(send_options["proxies"]))
        redactor = Redactor((*self._secrets, *signatures_of(prepared), *passwords))
        exchange: Exchange[Response] = Exchange(partial(self._exchange, session, prepared, send_options, redactor))
        try:
            return replace(exchange.result(self._request_timeout), proxy=proxy)
        except TimeoutError:
            # A thread that hangs in name resolution still has the session, which serves one exchange at a time.
            session.close()
            self._session = self._new_session()
            raise self._no_response_in_time(path) from None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            # A message of a proxy is no response that could be damaged, and a proxy's password may be short.
            short = Redactor(passwords, min_length=1)
            redact = partial(_redact_twice, redactor, short)
            bundle = send_options["verify"] if isinstance(send_options["verify"], str) else None
            raise error_from(error, host=path, redact=redact, bundle=bundle) from None

    def close(self) -> None:
        """Closes the connections that are kept for further requests."""
        self._session.close()

    def _exchange(
        self,
        session: Session,
        prepared: requests.PreparedRequest,
        send_options: Mapping[str, Any],
        redactor: Redactor,
        exchange: Exchange[Response],
    ) -> Response:
        check_ca_bundle(send_options["verify"], option=self._ca_bundle, host=self.host)
        timeouts = (min(_MAX_CONNECT_TIMEOUT, self._request_timeout), self._request_timeout)
        try:
            response = session.send(prepared, allow_redirects=False, timeout=timeouts, **send_options)
        except (ValueError, TypeError) as error:
            if isinstance(error, requests.RequestException) or not send_options["proxies"]:
                raise
            raise unusable_proxy() from None
        with response:
            headers = {name: redactor.redact_text(value) for name, value in _headers_of(response)}
            body = read_body(response, headers.get("content-encoding", ""), exchange.check)
            redacted = redactor.redact(body, exchange.check)
            return Response(status=response.status_code, headers=headers, body=redacted)

    def _new_session(self) -> Session:
        session = Session()
        session.trust_env = self._trusts_environment
        return session

    def _no_response_in_time(self, path: str) -> Unreachable:
        return Unreachable(
            f"No complete response came from {path} within {self._request_timeout:g} s.",
            means="The server or a proxy in between hangs or is very slow.",
            remedy="Try again later; a slow proxy may need a longer --request-timeout.",
        )


def _headers_of(response: requests.Response) -> list[tuple[str, str]]:
    headers = [*response.headers.lower_items()]
    if sum(map(len, chain.from_iterable(headers))) > _MAX_HEADERS_LENGTH:
        raise damaged(f"has more than {_MAX_HEADERS_LENGTH} characters of headers")
    return headers


def _redact_twice(first: Redactor, second: Redactor, text: str) -> str:
    return second.redact_text(first.redact_text(text))
