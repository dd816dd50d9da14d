"""One HTTP exchange, bounded in time and size: the result is a whole response or a named error."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from gate.clouds.redaction import Redactor, proxy_passwords, signatures_of
from gate.clouds.response import Response
from gate.clouds.transport_errors import error_from, unusable_proxy
from gate.errors import NotUnderstood, Unreachable, UsageError
from gate.settings import is_loopback
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Bytes after decompression: 20,000 failed images in one response are about 8 MB, a larger one is no list of tasks."""
_CHUNK = 64 * 1024
_MAX_CONNECT_TIMEOUT = 10.0


class Transport:
    """Sends requests to one host, one at a time."""

    def __init__(
        self, base_url: str, *, secrets: Iterable[str], request_timeout: float, ca_bundle: Path | None
    ) -> None:
        parts = urlsplit(base_url)
        self.host = parts.netloc
        self._request_timeout = request_timeout
        self._ca_bundle = str(ca_bundle) if ca_bundle else None
        # No proxy can reach a loopback address of this machine, and its settings must not get in the way.
        self._trusts_environment = not is_loopback(parts.hostname or "")
        self._secrets = tuple(secrets)
        self._session = self._new_session()

    def send(self, request: requests.Request) -> Response:
        """Sends a request and returns its response, with every secret in it redacted.

        Raises:
            Unreachable: No whole response came within the request timeout.
            NotUnderstood: The response is too large, cannot be decompressed, or its certificate cannot be trusted.
            UsageError: The certificates that the environment names are not there.
        """
        # A thread that starts late must not share the session of its successor.
        session = self._session
        prepared = session.prepare_request(request)
        send_options = session.merge_environment_settings(
            prepared.url or "", proxies={}, stream=True, verify=self._ca_bundle, cert=None
        )
        passwords = tuple(proxy_passwords(send_options["proxies"]))
        redactor = Redactor((*self._secrets, *signatures_of(prepared), *passwords))
        try:
            exchange = partial(self._exchange, session, prepared, send_options, redactor)
            return _run_in_thread(exchange).result(self._request_timeout)
        except TimeoutError:
            self._abandon(session)
            raise self._no_response_in_time() from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # A message of a proxy is no response that could be damaged, and a proxy's password may be short.
            short = Redactor(passwords, min_length=1)
            redact = partial(_redact_twice, redactor, short)
            raise error_from(error, host=self.host, redact=redact) from None
        except OSError as error:
            raise self._unusable_certificates(error) from None

    def _exchange(
        self,
        session: requests.Session,
        prepared: requests.PreparedRequest,
        send_options: Mapping[str, Any],
        redactor: Redactor,
    ) -> Response:
        timeouts = (min(_MAX_CONNECT_TIMEOUT, self._request_timeout), self._request_timeout)
        try:
            response = session.send(prepared, allow_redirects=False, timeout=timeouts, **send_options)
        except (ValueError, TypeError) as error:
            if isinstance(error, requests.RequestException) or not send_options["proxies"]:
                raise
            raise unusable_proxy() from None
        with response:
            headers = {name: redactor.redact_text(value) for name, value in response.headers.lower_items()}
            body = _read_body(response, headers.get("content-encoding", "identity"))
            return Response(status=response.status_code, headers=headers, body=redactor.redact(body))

    def _abandon(self, session: requests.Session) -> None:
        # The thread closes its own socket when it ends; a closed session keeps it for no other request.
        session.close()
        self._session = self._new_session()

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.headers["Accept-Encoding"] = "gzip, deflate"
        session.trust_env = self._trusts_environment
        return session

    def _no_response_in_time(self) -> Unreachable:
        return Unreachable(
            f"No complete response came from {self.host} within {self._request_timeout:g} s.",
            means="The server or a proxy in between hangs or is very slow.",
            remedy="Try again later; a slow proxy may need a longer --request-timeout.",
        )

    def _unusable_certificates(self, error: OSError) -> UsageError:
        return UsageError(
            f"The certificates to check {self.host} by cannot be used ({error}).",
            means="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or --ca-bundle names a file that does not exist.",
            remedy="Correct or unset the variable; for private certificate authorities give --ca-bundle.",
        )


class _Session(requests.Session):
    """A session that never follows a redirect: requests would read its address and the whole body even so."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' own signature
        """None, whatever the response says."""
        return None


def _run_in_thread(exchange: Callable[[], Response]) -> Future[Response]:
    # A socket's timeout bounds neither name resolution nor a server that drips bytes; a thread can be left behind.
    future: Future[Response] = Future()

    def work() -> None:
        try:
            future.set_result(exchange())
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
            future.set_exception(error)

    try:
        threading.Thread(target=work, daemon=True, name="request").start()
    except RuntimeError:
        raise Unreachable(
            "No thread can be started to send a request.",
            means="This machine or container may have no more processes, or has no memory left.",
            remedy="Run fewer jobs beside the gate, or raise the limit, such as --pids-limit or ulimit -u.",
        ) from None
    return future


def _redact_twice(first: Redactor, second: Redactor, text: str) -> str:
    return second.redact_text(first.redact_text(text))


def _read_body(response: requests.Response, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding not in {"identity", "gzip", "deflate", ""}:
        raise NotUnderstood(
            f"The response has a content encoding that was not requested ({one_line(encoding, 40)}).",
            means="The server is not this API, or a proxy damages its responses.",
            remedy="Check --endpoint and the proxy.",
        )
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise NotUnderstood(
                f"The response is larger than {MAX_RESPONSE_BYTES} bytes.",
                means="The server is not this API, or it is broken.",
                remedy="Check --endpoint and the proxy.",
            )
    return bytes(body)
