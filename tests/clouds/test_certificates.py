"""Which certificate authorities count, and what is said of a certificate that cannot be trusted."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from gate.clouds.transport_errors import error_from as translate
from gate.errors import NotUnderstood
from tests.clouds.builders import Peer, a_connection, ok_response
from tests.clouds.certificates import DAY, Authority
from tests.clouds.clients import call, error_of

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from gate.errors import GateError
    from tests.builders import FakeTime


@pytest.fixture
def authority() -> Authority:
    """The certificate authority of a company."""
    return Authority.new()


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path) -> Path:
    """A file with its certificate."""
    path = tmp_path / "company.pem"
    path.write_bytes(authority.certificate())
    return path


def error_from(
    server: ssl.SSLContext, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, bundle: Path | None
) -> GateError:
    """The error of a call of gate.invalid, at which this server answers."""
    with Peer(ok_response(), server) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        return error_of(a_connection(fake_time, ca_bundle=bundle), "https://gate.invalid")


@pytest.mark.parametrize("is_old", [False, True], ids=["of-today", "old"])
def test_an_authority_that_the_user_has_named_counts_whatever_python_checks_in_addition(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_old: bool
) -> None:
    authority = Authority.new(is_old=is_old)
    bundle = tmp_path / "company.pem"
    bundle.write_bytes(authority.certificate())
    with Peer(ok_response(), authority.server(tmp_path)) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")

        assert call(a_connection(fake_time, ca_bundle=bundle), "https://gate.invalid") == {"projects": []}


def test_an_authority_of_the_system_counts_without_being_named(
    authority: Authority, trusted: Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a company's base image; SSL_CERT_FILE names the file of the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with Peer(ok_response(), authority.server(tmp_path)) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")

        assert call(a_connection(fake_time), "https://gate.invalid") == {"projects": []}


@pytest.mark.parametrize("how", ["option", "variable", "directory"])
def test_where_the_user_has_named_authorities_those_of_the_system_do_not_count(
    *,
    how: str,
    authority: Authority,
    trusted: Path,
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(Authority.new().certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    if how == "variable":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    if how == "directory":
        other = tmp_path / "certificates"
        other.mkdir()

    error = error_from(authority.server(tmp_path), fake_time, monkeypatch, None if how == "variable" else other)

    assert isinstance(error, NotUnderstood)
    assert "the given file lacks the authority" in error.means
    assert fake_time.slept == []


def test_an_unknown_authority_may_be_that_of_a_proxy(
    authority: Authority, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = error_from(authority.server(tmp_path), fake_time, monkeypatch, None)

    assert isinstance(error, NotUnderstood)
    assert "A proxy opens the TLS connection" in error.means
    assert "--ca-bundle" in error.remedy


@pytest.mark.parametrize("is_there", [False, True], ids=["absent", "there"])
def test_an_unknown_authority_may_be_due_to_a_file_of_the_system_that_is_not_there(
    *, is_there: bool, authority: Authority, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """OpenSSL ignores such a variable silently."""
    system = tmp_path / "system.pem"
    if is_there:
        system.write_bytes(Authority.new().certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(system))

    error = error_from(authority.server(tmp_path), fake_time, monkeypatch, None)

    assert isinstance(error, NotUnderstood)
    assert ("SSL_CERT_FILE names a file that does not exist" in error.means) is not is_there
    assert "--ca-bundle" in error.remedy


@pytest.mark.parametrize(("starts", "ends"), [(-2 * DAY, -DAY), (DAY, 2 * DAY)], ids=["expired", "not-yet-valid"])
def test_a_certificate_at_the_wrong_time_may_be_due_to_the_clock(
    *,
    authority: Authority,
    trusted: Path,
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    starts: timedelta,
    ends: timedelta,
) -> None:
    error = error_from(authority.server(tmp_path, starts=starts, ends=ends), fake_time, monkeypatch, trusted)

    assert isinstance(error, NotUnderstood)
    assert "this machine's clock is wrong" in error.means
    assert "renew" in error.remedy


def test_a_certificate_for_another_name_may_be_due_to_the_endpoint(
    authority: Authority, trusted: Path, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = error_from(authority.server(tmp_path, "other.invalid"), fake_time, monkeypatch, trusted)

    assert isinstance(error, NotUnderstood)
    assert "for other host names" in error.means
    assert "--endpoint" in error.remedy


@pytest.mark.parametrize("has_number", [True, False])
def test_an_authority_that_breaks_a_rule_can_be_named(*, has_number: bool) -> None:
    """As Python 3.13 finds an old one of the system; OpenSSL's number 92 is a missing key identifier."""
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] Missing Authority Key Identifier"
    fault = ssl.SSLCertVerificationError(text) if has_number else ssl.SSLError(text)
    if isinstance(fault, ssl.SSLCertVerificationError):
        fault.verify_code = 92

    error = translate(fault, host="gate.invalid", redact=str)

    assert isinstance(error, NotUnderstood)
    assert "breaks a rule, which newer versions of Python check" in error.means
    assert "--ca-bundle" in error.remedy
