"""One exchange over HTTP, bounded in time and size: what comes out is a whole answer or a named fault."""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3.exceptions

from gate.clouds.response import Response
from gate.clouds.transport_errors import error_from, unusable_proxy
from gate.errors import NotUnderstood, Unreachable, UsageError
from gate.settings import is_loopback
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Bytes, unpacked: 20,000 failed images in one answer are about 8 MB, so this much is no list of tasks."""
_CHUNK = 64 * 1024
_CONNECT_LIMIT = 10.0
MIN_SECRET_LENGTH = 8
"""Characters: what is shorter is no secret of any cloud, and would tear holes into every answer and log."""


class Transport:
    """The way to one host, over which one exchange goes at a time."""

    def __init__(self, base_url: str, *, secrets: Iterable[str], limit: float, ca_bundle: Path | None) -> None:
        parts = urlsplit(base_url)
        self.host = parts.netloc
        self._limit = limit
        self._ca_bundle = str(ca_bundle) if ca_bundle else None
        # No proxy could reach a loopback address of ours, and its settings must not get in the way.
        self._trusts_environment = not is_loopback(parts.hostname or "")
        self._secrets = tuple(secrets)
        self._session = self._new_session()

    def send(self, request: requests.Request) -> Response:
        """Sends a request and returns its answer, with every secret in it blotted out.

        Raises:
            Unreachable: No whole answer came within the limit.
            NotUnderstood: The answer is too large, cannot be unpacked, or its certificate cannot be trusted.
            UsageError: The certificates that the environment names are not there.
        """
        # A thread that gets to run only after its limit must not share the session of its successor.
        session = self._session
        prepared = session.prepare_request(request)
        send_options = session.merge_environment_settings(
            prepared.url or "", proxies={}, stream=True, verify=self._ca_bundle, cert=None
        )
        passwords = tuple(_passwords(send_options["proxies"]))
        redactor = Redactor((*self._secrets, *_signatures(prepared), *passwords))

        try:
            return _run_in_thread(partial(self._exchange, session, prepared, send_options, redactor)).result(
                self._limit
            )
        except TimeoutError:
            # The thread closes its own socket as it ends; that of a closed session is kept for no other request.
            session.close()
            self._session = self._new_session()
            raise Unreachable(
                f"No complete answer came from {self.host} within {self._limit:g} s.",
                means="The server or a proxy in between hangs or is very slow.",
                remedy="Try again later; a slow proxy may need a longer --request-timeout.",
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # What a proxy says itself is no answer that could get holes, and nobody says how long a password is.
            short = Redactor(passwords, shortest=1)
            raise error_from(error, host=self.host, hide=lambda text: short.text(redactor.text(text))) from None
        except OSError as error:
            raise UsageError(
                f"The certificates to check {self.host} by cannot be used ({error}).",
                means="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or --ca-bundle names what is not there.",
                remedy="Correct or unset the variable; for private certificate authorities give --ca-bundle.",
            ) from None

    def _exchange(
        self,
        session: requests.Session,
        prepared: requests.PreparedRequest,
        send_options: Mapping[str, Any],
        redactor: Redactor,
    ) -> Response:
        limits = (min(_CONNECT_LIMIT, self._limit), self._limit)
        try:
            response = session.send(prepared, allow_redirects=False, timeout=limits, **send_options)
        except (ValueError, TypeError) as error:
            if isinstance(error, requests.RequestException) or not send_options["proxies"]:
                raise
            raise unusable_proxy() from None
        with response:
            headers = {name: redactor.text(value) for name, value in response.headers.lower_items()}
            body = _body(response, headers.get("content-encoding", "identity"))
            return Response(status=response.status_code, headers=headers, body=redactor.redact(body))

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.headers["Accept-Encoding"] = "gzip, deflate"
        session.trust_env = self._trusts_environment
        return session


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
            "No thread can be started to send a request from.",
            means="This machine or container may have no more processes, or has no memory left.",
            remedy="Let less run beside the gate, or raise the limit, such as --pids-limit or ulimit -u.",
        ) from None
    return future


class Redactor:
    """Blots secrets out of what comes back: a gateway repeats the headers of a wrong signature in its error.

    What is shorter than 8 characters is no secret of any cloud, and would tear holes into every answer; only words that
    nothing but people read may lose more.
    """

    def __init__(self, secrets: Iterable[str], *, shortest: int = MIN_SECRET_LENGTH) -> None:
        told = [secret for secret in secrets if len(secret) >= shortest]
        told += [form for secret in told if len(secret) >= MIN_SECRET_LENGTH for form in _in_base64(secret)]
        # The longest first: where several begin, the first that fits is taken.
        spellings = [b"".join(map(_spellings, form)) for form in sorted(told, key=len, reverse=True)]
        self._secrets = re.compile(b"|".join(spellings)) if spellings else None

    def redact(self, body: bytes) -> bytes:
        """The bytes without any secret, plain or in base64.

        Its marks may be spelt as in JSON, HTML or a URL, also one that is quoted twice; letters and digits stay plain.
        """
        return self._secrets.sub(b"***", body) if self._secrets else body

    def text(self, text: str) -> str:
        """The same for the value of a header."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


class _Session(requests.Session):
    """A session that does not even look where a redirect leads: requests would read the address and the whole body."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' own signature
        """None, whatever the answer says."""
        return None


def _spellings(char: str) -> bytes:
    if char.isalnum():
        return char.encode()
    code, plain = ord(char), re.escape(char).encode("utf-8", "surrogateescape")
    quoted = rb"\\u%04x|%%(?:25)*%02x|(?:&|\\u0026)#(?:0*%d|x0*%x);" % (code, code, code, code)
    return rb"(?:\\{0,4}%b|(?i:%b))" % (plain, quoted)


def _in_base64(secret: str) -> Iterator[str]:
    # Three bytes are four digits there, so that the same secret looks different behind one or two other bytes; at its
    # ends a digit may be of what stands beside it.
    for before in range(3):
        whole = bytes(before) + secret.encode("utf-8", "surrogateescape")
        yield b64encode(whole).decode()[-(-before * 8 // 6) : len(whole) * 8 // 6]


def _signatures(request: requests.PreparedRequest) -> list[str]:
    # With its signature, whoever reads a log could send the request once more.
    return re.findall(r"Signature=(\w+)", str(request.headers.get("Authorization", "")))


def _passwords(proxies: Mapping[str, str]) -> Iterator[str]:
    # A proxy may repeat what it was told in the line with which it refuses to go on.
    for address in proxies.values():
        user_info = address.rpartition("@")[0].rpartition("//")[2]
        told = unquote(user_info)
        yield from (user_info.partition(":")[2], told.partition(":")[2])
        # requests writes it in Latin-1, and other programs in UTF-8.
        for code in ("utf-8", "latin-1"):
            yield b64encode(told.encode(code, "surrogateescape" if code == "utf-8" else "ignore")).decode()


def _body(response: requests.Response, packing: str) -> bytes:
    packing = packing.strip().lower()
    if packing not in {"identity", "gzip", "deflate", ""}:
        raise NotUnderstood(
            f"The answer is packed in a way that was not asked for ({one_line(packing, 40)}).",
            means="What answers is not this API, or a proxy damages its answers.",
            remedy="Check --endpoint and the proxy.",
        )
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise NotUnderstood(
                f"The answer is larger than {MAX_RESPONSE_BYTES} bytes.",
                means="What answers is not this API, or it is broken.",
                remedy="Check --endpoint and the proxy.",
            )
    return bytes(body)
