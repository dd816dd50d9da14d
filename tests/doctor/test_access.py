"""Credentials, network, clock, region and project: each in each of its states."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS as PROVIDERS
from gate.clouds.credentials import Credentials
from gate.clouds.endpoint import Endpoint
from gate.clouds.reach import Certificate, parse_certificate, reach
from gate.clouds.sign_in.stored_keys import StoredKeys
from gate.doctor.access import check_clock, check_credentials, check_endpoints
from gate.doctor.check import State
from gate.doctor.examination import Examination
from gate.errors import ExitCode
from gate.image import ImageRef
from gate.policy import Policy
from gate.settings import Settings
from gate.simulator.fault import Fault, no_response
from tests.builders import NOW, FakeTime
from tests.clouds.builders import Peer, a_connection, ok_response
from tests.clouds.certificates import Authority
from tests.doctor.expected import EXPECTED
from tests.doctor.reading import doctor
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gate.doctor.check import Check
    from tests.harness import Gate

AFTER_REGION = {"credentials", "endpoints", "clock", "project", "permissions", "tasks"}
SIGN_IN = "SCAN_GATE_ACCESS_KEY_ID", "SCAN_GATE_ACCESS_KEY_SECRET"


class Described:
    """A diagnosis that has these credentials and addresses."""

    def __init__(self, credentials: Credentials | None = None, url: str = "") -> None:
        self.sign_in = StoredKeys(lambda: credentials or Credentials(), "the role ci")
        self.endpoints = [Endpoint(service="HSS", url=url)]


def examination(time: FakeTime, diagnosis: Described, **settings: Any) -> Examination:
    made = Examination(a_connection(time, **settings))
    made.__dict__["diagnosis"] = diagnosis
    return made


def only(checks: Iterable[Check]) -> Check:
    (check,) = checks
    return check


@pytest.mark.parametrize("cloud", CLOUDS)
def test_where_everything_is_in_place_each_check_of_the_access_is_ok(cloud: str, gate_in: Callable[..., Gate]) -> None:
    told = doctor(gate_in("clean", cloud))

    assert {row["state"] for row in told.rows} == {"ok"}
    assert told.text("credentials") == f"stored keys, from {', '.join(SIGN_IN)}, without an end"
    assert told.text(f"endpoint {EXPECTED[cloud].service}").endswith(" responds, without TLS")
    assert "region cn-" in told.text("project")
    assert told.code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_secret_is_shown(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)

    told = doctor(gate)

    secrets = [os.environ[name] for name in SIGN_IN]
    assert [secret for secret in secrets if secret in told.ending.out + told.ending.err] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_credentials_what_needs_them_is_not_checked_and_the_network_is(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.delenv(SIGN_IN[1])

    told = doctor(gate)

    assert told.code == 3
    assert SIGN_IN[1] in told.text("credentials")
    assert told.state(f"endpoint {EXPECTED[cloud].service}") == told.state("clock") == "ok"
    assert told.not_checked == dict.fromkeys(("project", "permissions", "tasks"), "credentials has failed")
    assert gate.operations == ["unknown"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_a_region_nothing_of_the_cloud_is_checked(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    omitted = ("region", "endpoint")
    gate = replace(gate, omitted=omitted)

    told = doctor(gate)

    assert (told.code, told.failures) == (2, ["region"])
    assert "No region is given." in told.text("region")
    assert told.not_checked == dict.fromkeys(AFTER_REGION, "region has failed")
    assert {row["state"] for row in told.rows if row["name"] in AFTER_REGION} == {"warning"}
    assert gate.operations == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_address_that_nobody_listens_on_is_a_failure_by_its_name(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    told = doctor(gate, "--endpoint", f"http://127.0.0.1:{port}")

    name = f"endpoint {EXPECTED[cloud].service}"
    assert (told.code, told.failures) == (4, [name])
    assert f"127.0.0.1:{port}" in told.text(name)
    assert told.not_checked == dict.fromkeys(("clock", "project", "permissions", "tasks"), f"{name} has failed")
    assert gate.time.slept == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_that_never_responds_to_calls_ends_it_when_its_time_is_up(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    """Each attempt takes the request timeout; in this test, a pause takes no real time."""
    gate = gate_in("clean", cloud)
    operation = EXPECTED[cloud].finds_tasks
    gate.simulator.faults = [Fault(operation=operation, response=no_response())]

    told = doctor(gate, "--request-timeout", "0.3", "--timeout", "4")

    assert told.code == 4
    assert 3 <= gate.time.elapsed <= 5
    assert told.failures[0].startswith("permission ")


def test_what_comes_after_the_end_of_its_time_is_not_checked(fake_time: FakeTime) -> None:
    made = examination(fake_time, Described(url="http://127.0.0.1:1"), timeout=60.0)
    fake_time.elapsed += 60

    check = only(check_endpoints(made))

    assert (check.state, check.exit_code) == (State.FAILURE, ExitCode.CLOUD_UNAVAILABLE)
    assert check.text.startswith("not checked: the time is up after 1 min (--timeout)")


def test_the_time_is_two_minutes_unless_it_is_given(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")
    gate.simulator.faults = [Fault(operation="tasks", response=no_response())]
    doctor(gate, "--request-timeout", "0.3")

    assert 119 <= gate.time.elapsed <= 121


def test_temporary_credentials_are_valid_until_their_end_and_a_warning_if_that_is_not_known(
    fake_time: FakeTime,
) -> None:
    temporary = Credentials(access_key_id="id", access_key_secret="secret", security_token="t")
    with_end = Described(replace(temporary, expires_at=NOW + timedelta(hours=1)))
    without = Described(replace(temporary, origin="HW_SECURITY_TOKEN"))
    of_user = Described(Credentials(auth_token="t"))

    known = only(check_credentials(examination(fake_time, with_end)))
    assert (known.state, known.text) == (State.OK, "the role ci, valid until 2026-01-31T13:00:00Z")
    for diagnosis, origin in ((without, ", from HW_SECURITY_TOKEN"), (of_user, "")):
        unknown = only(check_credentials(examination(fake_time, diagnosis)))
        assert unknown.state is State.WARNING
        assert unknown.text == f"the role ci{origin}; they are temporary, and their end is not known."


@pytest.mark.parametrize(
    ("step", "state", "words"),
    [
        (30, "ok", "agrees with the cloud's to a minute"),
        (300, "warning", "is 5 min ahead of the cloud's."),
        (-300, "warning", "is 5 min behind the cloud's."),
        (-3600, "warning", "is 1 h behind the cloud's, which signatures do not allow"),
    ],
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_clock_is_compared_with_that_of_the_cloud(
    cloud: str, step: float, state: str, words: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("clean", cloud)
    gate.time.step = step

    told = doctor(gate)

    assert words in told.text("clock")
    assert (told.state("clock"), told.code) == (state, 0)


def test_without_a_date_in_any_response_the_clock_is_not_checked(fake_time: FakeTime) -> None:
    check = only(check_clock(examination(fake_time, Described())))

    assert (check.state, check.text) == (State.WARNING, "not checked: no response has a Date")


def test_on_huawei_cloud_the_project_is_asked_for_if_it_is_not_given(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")
    gate = replace(gate, omitted=("project_id",))

    found = doctor(gate)
    gate.simulator.rewrite = lambda operation, document: {"projects": []} if operation == "projects" else document
    unknown = doctor(gate, "--enterprise-project-id", "0")

    assert "(found by IAM), default enterprise project" in found.text("project")
    assert found.state("endpoint IAM") == "ok"
    assert (unknown.code, unknown.failures) == (2, ["project"])
    assert unknown.not_checked == dict.fromkeys(("permissions", "tasks"), "project has failed")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_address_of_the_registry_is_needed_for_a_tag_alone_and_is_that_of_the_region(
    cloud: str, fake_time: FakeTime
) -> None:
    region = min(PROVIDERS[cloud].regions)
    tagged, pinned = ImageRef(namespace="team", name="web", tag="1"), ImageRef(digest=f"sha256:{'a' * 64}")

    def services(image: ImageRef) -> dict[str, str]:
        connection = a_connection(fake_time, cloud=cloud, region=region, images=(image,))
        return {one.service: one.url for one in PROVIDERS[cloud].diagnose(connection).endpoints}

    assert region in services(tagged)[EXPECTED[cloud].registry]
    assert EXPECTED[cloud].registry not in services(pinned)


# TLS.


@pytest.mark.parametrize(("days", "state"), [(30, State.OK), (2, State.WARNING)])
def test_a_certificate_has_its_issuer_and_its_end_and_a_warning_if_that_is_soon(
    tmp_path: Path, days: int, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.new()
    (tmp_path / "ca.pem").write_bytes(authority.certificate())
    tls = authority.server(tmp_path, ends=timedelta(days=days))
    time = FakeTime(at=datetime.now(UTC))
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:hidden@{peer.address}")
        diagnosis = Described(url="https://gate.invalid")
        check = only(check_endpoints(examination(time, diagnosis, ca_bundle=tmp_path / "ca.pem")))

    assert check.state is state
    assert f"gate.invalid responds through the proxy {peer.address}, TLSv1" in check.text
    assert "certificate by Company CA, valid until " in check.text
    assert "hidden" not in check.text


def test_a_certificate_that_is_not_trusted_is_a_failure(tmp_path: Path, fake_time: FakeTime) -> None:
    with Peer(ok_response(), Authority.new().server(tmp_path)) as peer:
        check = only(check_endpoints(examination(fake_time, Described(url=f"https://{peer.address}"))))

    assert (check.state, check.exit_code) == (State.FAILURE, ExitCode.CLOUD_UNAVAILABLE)
    assert "certificate" in check.text


def test_the_probe_of_an_address_has_no_credentials_in_it() -> None:
    settings = Settings(cloud="huawei", policy=Policy(), request_timeout=5.0)
    with Peer(ok_response()) as peer:
        reached = reach(f"http://{peer.address}", settings)

    (head,) = peer.requests
    assert "authorization" not in head.lower()
    assert "token" not in head.lower()
    assert (reached.host, reached.certificate, reached.server_time) == (peer.address, None, None)


def test_the_probe_of_an_address_has_no_password_of_a_netrc_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`requests` would send the one for this host by itself."""
    authority = Authority.new()
    (tmp_path / "ca.pem").write_bytes(authority.certificate())
    (tmp_path / "netrc").write_text("machine gate.invalid login someone password a-password\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    settings = Settings(cloud="huawei", policy=Policy(), request_timeout=5.0, ca_bundle=tmp_path / "ca.pem")
    with Peer(ok_response(), authority.server(tmp_path)) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        reach("https://gate.invalid", settings)

    assert [head.split()[0].lower() for head in peer.requests] == ["connect", "get"]
    assert "authorization" not in peer.requests[-1].lower()


def test_the_issuer_is_named_by_organisation_and_common_name_as_far_as_it_has_them() -> None:
    end = "Jan 31 12:00:00 2026 GMT"
    issuer = ((("countryName", "CN"),), (("organizationName", "Trust Ltd"),), (("commonName", "CA 1"),))

    assert parse_certificate({"notAfter": end, "issuer": issuer}) == Certificate(issuer="Trust Ltd, CA 1", ends_at=NOW)
    assert parse_certificate({"notAfter": end}) == Certificate(issuer="an issuer without a name", ends_at=NOW)
    assert parse_certificate({}) is None
