"""A file of trusted certificates that cannot be read is a usage error at once, which names the file and its option."""

from __future__ import annotations

import os
import resource
import socket
import ssl
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import requests
import urllib3.exceptions

from gate.clouds.ca_bundle import check_ca_bundle
from gate.clouds.transport import Transport
from gate.clouds.transport_errors import error_from
from gate.errors import ExitCode, Unreachable, UsageError
from tests.clouds.builders import a_connection
from tests.clouds.clients import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.builders import FakeTime

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
NOBODY = 65534


@pytest.fixture
def unreadable(certificate: Path, tmp_path: Path) -> Iterator[Path]:
    """A file of certificates that this user may not read; root, who may read everything, is another user meanwhile."""
    path = tmp_path / "private" / "ca.pem"
    path.parent.mkdir()
    path.write_bytes(certificate.read_bytes())
    path.parent.chmod(0)
    user = os.geteuid()
    if not user:
        os.seteuid(NOBODY)
    yield path
    os.seteuid(user)
    path.parent.chmod(0o700)


def assert_unusable(error: Exception, path: Path, source: str, reason: str) -> None:
    """The error names the file, its option or variable, and the reason."""
    assert isinstance(error, UsageError)
    assert error.exit_code == ExitCode.USAGE
    assert f"{path}: {reason})" in error.happened
    assert error.means.startswith(f"{source} names a file")
    assert error.remedy.startswith(f"Correct {source},")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_ca_bundle_in_the_environment_that_may_not_be_read_is_not_retried(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, unreadable: Path, variable: str, unused_address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{unused_address}")
    monkeypatch.setenv(variable, str(unreadable))
    error = error_of(a_connection(fake_time), "https://gate.invalid")

    assert_unusable(error, unreadable, variable, "Permission denied")
    assert fake_time.slept == []


def test_a_ca_bundle_option_whose_file_can_no_longer_be_read_is_not_retried(
    fake_time: FakeTime, unreadable: Path, unused_address: str
) -> None:
    error = error_of(a_connection(fake_time, ca_bundle=unreadable), f"https://{unused_address}")

    assert_unusable(error, unreadable, "--ca-bundle", "Permission denied")
    assert fake_time.slept == []


def test_the_variable_that_requests_reads_first_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "missing.pem"
    for name in VARIABLES:
        monkeypatch.setenv(name, str(path))
    with pytest.raises(UsageError) as caught:
        check_ca_bundle(str(path), option=None, host="gate.invalid")

    assert_unusable(caught.value, path, VARIABLES[0], "No such file or directory")
    assert "to check gate.invalid by" in caught.value.happened


def test_a_pipe_is_no_ca_bundle(tmp_path: Path) -> None:
    """Opening it would wait for a writer, and every connection reads it again."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UsageError) as caught:
        check_ca_bundle(str(path), option=str(path), host="gate.invalid")

    assert_unusable(caught.value, path, "--ca-bundle", "it is not a regular file, and a pipe can be read only once")


def test_a_directory_of_certificates_is_a_ca_bundle(tmp_path: Path, certificate: Path) -> None:
    for path in (tmp_path, certificate):
        check_ca_bundle(str(path), option=str(path), host="gate.invalid")


@pytest.fixture
def unlistable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that this user may find, and not list; root is another user meanwhile."""
    user = os.geteuid()
    # Not in the folder of the test, in which another user finds nothing; the working directory can be listed.
    monkeypatch.chdir("/")
    with TemporaryDirectory() as folder:
        path = Path(folder, "certificates")
        path.parent.chmod(0o711)
        path.mkdir(0)
        if not user:
            os.seteuid(NOBODY)
        yield path
        os.seteuid(user)
        path.chmod(0o700)


def test_a_directory_that_may_not_be_listed_is_no_ca_bundle(unlistable: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check_ca_bundle(str(unlistable), option=str(unlistable), host="gate.invalid")

    assert_unusable(caught.value, unlistable, "--ca-bundle", "Permission denied")


def test_without_a_ca_bundle_nothing_is_checked() -> None:
    check_ca_bundle(True, option=None, host="gate.invalid")  # noqa: FBT003 - as requests has it


def test_too_many_open_files_are_not_an_error_of_the_ca_bundle(certificate: Path, unused_address: str) -> None:
    url = f"https://{unused_address}"
    transport = Transport(url, secrets=(), request_timeout=5.0, ca_bundle=certificate)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as lowest:
        limit = lowest.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
    try:
        with pytest.raises(Unreachable, match="this process has too many open files"):
            transport.send(requests.Request("GET", url))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def translated(error: Exception) -> Exception:
    return error_from(error, host="gate.invalid", redact=lambda text: text)


def wrapped(cause: Exception) -> requests.exceptions.SSLError:
    """As requests wraps what urllib3 raises where it loads certificates."""
    reason = urllib3.exceptions.SSLError(cause)
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        wrapped(PermissionError(13, "Permission denied")),
        wrapped(OSError(5, "Input/output error")),
        wrapped(ssl.SSLError(136, "[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found (_ssl.c:4149)")),
        wrapped(ssl.SSLError(1, "NO_CERTIFICATE_OR_CRL_FOUND")),
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: gone.pem"),
    ],
    ids=["not readable", "broken", "empty", "empty, by its name alone", "missing"],
)
def test_a_ca_bundle_that_becomes_unusable_after_it_was_checked_is_a_usage_error(error: Exception) -> None:
    assert isinstance(translated(error), UsageError)


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "Input/output error"),
        OSError("no details"),
        wrapped(ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol")),
        wrapped(ValueError("a name that no certificate can have")),
        requests.exceptions.ProxyError("503 [X509: NO_CERTIFICATE_OR_CRL_FOUND] [Errno 24] says the proxy"),
    ],
    ids=["of the machine", "unknown", "of TLS", "of a name", "of a proxy"],
)
def test_no_other_error_is_one_of_the_ca_bundle(error: Exception) -> None:
    assert isinstance(translated(error), Unreachable)
