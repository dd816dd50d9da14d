"""Secrets are never shown: each place that takes a secret gets a canary, and no output contains a part of one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gate import cli
from gate.reports import REPORTS
from gate.simulator import SCENARIOS
from tests.builders import FakeTime
from tests.clouds.builders import Peer
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.harness import Ending, Gate

PROXY_PASSWORD = "canary-proxy+/password-in-the-address"
WRONG_CREDENTIALS = {
    "SCAN_GATE_ACCESS_KEY_ID": "AKIDWITHOUTACCESS",
    "SCAN_GATE_ACCESS_KEY_SECRET": "canary-of-a-wrong-access-key-secret",
    "SCAN_GATE_SECURITY_TOKEN": "canary-of-a-wrong-security-token",
    "SCAN_GATE_AUTH_TOKEN": "canary-of-a-wrong-auth-token",
}
CANARIES = (*[*WRONG_CREDENTIALS.values()][1:], PROXY_PASSWORD)
ROOT = Path(__file__).parent.parent
TRACE_LENGTH = 20
"""Characters; this many consecutive characters of a secret count as a leak."""
EVERY_REPORT = [word for name in REPORTS for word in ("--report", f"{name}=report.{name}")]
MASKS = {"github": "::add-mask::{}", "azure": "##vso[task.setsecret]{}", "none": None}


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://user:{quote(PROXY_PASSWORD, safe='')}@127.0.0.1:9")


@pytest.fixture
def on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables and files of a GitHub job."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(name).touch()
        monkeypatch.setenv(name, name)


@pytest.fixture
def wrong_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets canaries for all credentials; no simulated cloud accepts them."""
    for name, value in WRONG_CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def set_credentials(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sets valid credentials of all kinds at once; returns the secret ones, and the proxy's password."""
    known = gate.simulator.describe()[gate.cloud]
    names = [name for name in ("access_key_secret", "security_token", "auth_token") if name in known]
    for name in names:
        monkeypatch.setenv(f"SCAN_GATE_{name.upper()}", known[name])
    return [*(known[name] for name in names), PROXY_PASSWORD]


def signatures(gate: Gate) -> list[str]:
    """The signatures of all requests to the simulated cloud."""
    headers = "\n".join(request.headers.get("Authorization", "") for request in gate.simulator.requests)
    return re.findall(r"Signature=([0-9a-f]{64})", headers)


def traces(text: str, secrets: Iterable[str]) -> list[str]:
    """The parts of secrets in a text, in any encoding in which a secret may be repeated."""
    encodings = {
        encoded
        for secret in secrets
        for encoded in (secret, quote(secret, safe=""), b64encode(f"user:{secret}".encode()).decode())
    }
    parts = {
        encoded[start : start + TRACE_LENGTH]
        for encoded in encodings
        for start in range(max(1, len(encoded) - TRACE_LENGTH + 1))
    }
    return [part for part in parts if part in text]


def files() -> str:
    """The names and contents of all files in the test's folder."""
    return "\n".join(f"{path}\n{path.read_text()}" for path in Path().rglob("*") if path.is_file())


def output_of(ending: Ending) -> str:
    """Everything that a run printed and wrote."""
    return f"{ending.out}\n{ending.err}\n{files()}"


def without_masks(text: str, secrets: Iterable[str], mask: str | None = MASKS["github"]) -> str:
    """The text without the commands that mask secrets in the CI system's log."""
    masks = {mask.format(secret) for secret in secrets} if mask else set()
    return "\n".join(line for line in text.splitlines() if line not in masks)


@pytest.mark.usefixtures("on_github")
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_scenario_shows_a_secret_or_a_signature(
    scenario: str, cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(scenario, cloud)
    secrets = set_credentials(gate, monkeypatch)

    ending = gate.run("check", "-v", *EVERY_REPORT)

    assert ending.code == SCENARIOS[scenario].expected_exit
    assert signatures(gate)
    assert traces(without_masks(output_of(ending), secrets), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("ci_system", MASKS)
@pytest.mark.parametrize("command", ["check", "status"])
def test_secrets_are_printed_only_to_mask_them_in_a_ci_system_that_can(
    command: str, ci_system: str, cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    secrets = set_credentials(gate, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS" if ci_system == "github" else "TF_BUILD", "true" if ci_system != "none" else "")

    ending = gate.run(command, "-v")

    masks = [line for line in ending.out.splitlines() if traces(line, secrets)]
    # The output of status is often captured, so it contains no mask commands.
    mask = MASKS[ci_system] if command == "check" else ""
    used = secrets[:3] if cloud == "huawei" else secrets[:2]
    assert masks == ([mask.format(secret) for secret in used] if mask else [])
    assert traces(without_masks(output_of(ending), secrets, mask), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_job_of_gitlab_with_the_variable_of_github_prints_no_secret(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    secrets = set_credentials(gate, monkeypatch)
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    ending = gate.run("check", "-v")

    assert ending.code == 0
    assert traces(output_of(ending), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("command", ["check", "status"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_wrong_credentials_are_not_shown(
    cloud: str, command: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    wrong = {name: value for name, value in WRONG_CREDENTIALS.items() if not name.endswith("KEY_ID")}

    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
        ending = gate.run(command, "-v", *(EVERY_REPORT if command == "check" else []))

        assert ending.code == 3
        assert traces(output_of(ending), [*CANARIES, *signatures(gate)]) == []


@dataclass(frozen=True)
class ReceivedRequest:
    """The head of a request, from which a response repeats parts."""

    head: str

    @property
    def lines(self) -> list[str]:
        return self.head.split("\r\n")[1:-2]

    @property
    def repeatable(self) -> list[str]:
        """The headers that a response can have too; after a second length urllib3 would not close its socket."""
        return [line for line in self.lines if not line.lower().startswith(("content-length", "connection"))]

    @property
    def secret(self) -> str:
        """The header with the credentials."""
        names = ("authorization", "x-auth-token", "proxy-authorization")
        return next(line for line in self.lines if line.lower().startswith(names))

    @property
    def all(self) -> str:
        return " | ".join(self.lines)


def http_response(text: str, status: str = "200 OK", *headers: str) -> str:
    head = (f"HTTP/1.1 {status}", f"Content-Length: {len(text)}", "Connection: close", *headers, "", "")
    return "\r\n".join(head) + text


def huawei_error(text: str) -> str:
    return json.dumps({"error_code": "APIGW.0301", "error_msg": text})


def alibaba_error(text: str) -> str:
    return json.dumps({"Code": "SignatureDoesNotMatch", "Message": text})


def task_document(text: str) -> str:
    """A response of either cloud about a scan task with this name."""
    huawei = {"task_id": text, "task_name": text, "task_status": 100, "start_time": 1, "failed_reason": text}
    return json.dumps({"data_list": [huawei], "total_num": 1, "TaskInfo": {"TaskId": text, "Status": text}})


RESPONSES: dict[str, Callable[[ReceivedRequest], str]] = {
    "as the status line": lambda received: f"{received.secret}\r\n\r\n",
    "in the status line": lambda received: http_response("", f"401 {received.all}"),
    "as the size of a chunk": lambda received: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{received.secret}\r\n"
    ),
    "as Content-Length": lambda received: f"HTTP/1.1 200 OK\r\nContent-Length: {received.secret}\r\n\r\n{{}}",
    "as Content-Encoding": lambda received: http_response("", "200 OK", f"Content-Encoding: {received.secret}"),
    "as the request id": lambda received: http_response("{}", "200 OK", f"X-Request-Id: {received.all}"),
    "as Date": lambda received: http_response("{}", "200 OK", f"Date: {received.all}"),
    "as Retry-After": lambda received: http_response("{}", "429 Too Many Requests", f"Retry-After: {received.all}"),
    "as Location": lambda received: http_response("", "302 Found", f"Location: http://127.0.0.1/{received.all}"),
    "as response headers": lambda received: http_response("{}", "200 OK", *received.repeatable),
    "as malformed headers": lambda received: http_response("{}", "200 OK", received.all.replace(":", " ")),
    "in an error of Huawei Cloud": lambda received: http_response(huawei_error(received.all), "401 Unauthorized"),
    "in an error of Huawei Cloud with status 200": lambda received: http_response(huawei_error(received.secret)),
    "in an error of Alibaba Cloud": lambda received: http_response(alibaba_error(received.all), "400 Bad Request"),
    "in another error": lambda received: http_response(json.dumps({"error": {"code": received.secret}}), "500 Oh"),
    "as an error code": lambda received: http_response(
        json.dumps({"error_code": received.secret, "Code": received.secret}), "400 Bad Request"
    ),
    "in a web page": lambda received: http_response(f"<html>{received.all}", "403 Forbidden"),
    "in truncated JSON": lambda received: http_response(f'{{"data_list": "{received.secret}'),
    "as a duplicate key": lambda received: http_response(f'{{"{received.secret}": 1, "{received.secret}": 1}}'),
    "as a scan task": lambda received: http_response(task_document(received.all)),
}


class Echo(Peer):
    """A server whose responses repeat secrets of the request."""

    def __init__(self, respond: Callable[[ReceivedRequest], str]) -> None:
        super().__init__()
        self.responses: list[str] = []
        self._respond = respond

    def response_to(self, head: str, /) -> bytes:
        self.responses.append(self._respond(ReceivedRequest(head)))
        return self.responses[-1].encode("latin-1")


def received_signatures(echo: Echo) -> list[str]:
    return re.findall(r"Signature=([0-9a-f]{64})", "\n".join(echo.requests))


@pytest.mark.usefixtures("wrong_credentials", "on_github")
@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("credentials", [*CLOUDS, "huawei by token"])
def test_secrets_in_a_response_are_redacted(
    credentials: str, response: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "token" in credentials:
        monkeypatch.delenv("SCAN_GATE_ACCESS_KEY_ID")
        monkeypatch.delenv("SCAN_GATE_ACCESS_KEY_SECRET")
    cloud = credentials.partition(" ")[0]
    options = ["--cloud", cloud, *(["--project-id", "p"] if cloud == "huawei" else [])]
    with Echo(RESPONSES[response]) as echo:
        url = f"http://{echo.address}"
        code = cli.main(
            ["check", *options, "--endpoint", url, "-v", "--timeout", "3s", *EVERY_REPORT], FakeTime().clock()
        )

    printed = capsys.readouterr()
    assert code in {3, 4, 5, 7}
    secrets = [*CANARIES, *received_signatures(echo)]
    assert traces("\n".join(echo.responses), secrets), "the server repeated no secret, so this tests nothing"
    everything = without_masks(f"{printed.out}\n{printed.err}\n{files()}", CANARIES)
    assert traces(everything, secrets) == []


PROXY_RESPONSES: dict[str, Callable[[ReceivedRequest], str]] = {
    "407": lambda received: http_response("", f"407 Not {received.secret}"),
    "502": lambda received: http_response("", f"502 Not {received.secret}"),
    "as the status line": lambda received: f"{received.secret}\r\n\r\n",
    "the password unencoded": lambda _: http_response("", f"403 Not user:{PROXY_PASSWORD}"),
}


@pytest.mark.parametrize("response", PROXY_RESPONSES)
@pytest.mark.usefixtures("wrong_credentials")
def test_the_password_in_a_response_of_the_proxy_is_redacted(
    response: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Echo(PROXY_RESPONSES[response]) as echo:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{quote(PROXY_PASSWORD, safe='')}@{echo.address}")
        code = cli.main(
            ["check", "--cloud", "alibaba", "--region", "cn-hangzhou", "-v", "--timeout", "1s", *EVERY_REPORT],
            FakeTime().clock(),
        )

    printed = capsys.readouterr()
    assert code == 4
    assert any("Proxy-Authorization" in head for head in echo.requests)
    assert traces("\n".join(echo.responses), CANARIES), "the proxy repeated no secret, so this tests nothing"
    assert traces(f"{printed.out}\n{printed.err}\n{files()}", CANARIES) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://user:{}@[::1",
        "http://user:{}@127.0.0.1:port",
        "socks9://user:{}@127.0.0.1:9",
        "user:{}@",
    ],
)
@pytest.mark.usefixtures("wrong_credentials")
def test_an_invalid_proxy_address_is_not_shown(
    address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address.format(PROXY_PASSWORD))

    code = cli.main(
        ["check", "--cloud", "alibaba", "--region", "cn-hangzhou", "-v", "--timeout", "1s"], FakeTime().clock()
    )

    printed = capsys.readouterr()
    assert code in {2, 4}
    assert traces(printed.out + printed.err, CANARIES) == []


@dataclass
class BreakingTime(FakeTime):
    """A clock that raises an error at its n-th reading, wherever in the gate that is."""

    readings: int = 0
    fails_at: int = 0

    def monotonic(self) -> float:
        self.readings += 1
        if self.readings == self.fails_at:
            raise LookupError("the clock is broken")
        return super().monotonic()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_traceback_shows_a_secret(cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    working = BreakingTime()
    replace(gate_in("flaky", cloud), time=working).run("check")

    # From 2, because the first reading is in the constructor of the clock, outside the gate.
    for fails_at in range(2, working.readings, 4):
        gate = gate_in("flaky", cloud)
        secrets = set_credentials(gate, monkeypatch)
        ending = replace(gate, time=BreakingTime(fails_at=fails_at)).run("check", "-v", *EVERY_REPORT)

        assert "LookupError: the clock is broken" in ending.err
        assert traces(output_of(ending), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("scenario", ["clean", "forbidden", "flaky"])
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("wrong_credentials", "on_github")
def test_the_demo_shows_no_secret_of_the_environment(
    cloud: str, scenario: str, fake_time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["demo", "--cloud", cloud, "--scenario", scenario], fake_time.clock())

    printed = capsys.readouterr()
    assert traces(printed.out + printed.err + files(), CANARIES) == []


def test_a_secret_in_a_wrong_setting_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an address, in the config file, and in the place of a file name."""
    secret = WRONG_CREDENTIALS["SCAN_GATE_ACCESS_KEY_SECRET"]
    check = ["check", "--cloud", "huawei", "--region", "cn-north-4", "-v"]

    codes = [cli.main([*check, "--endpoint", f"https://user:{secret}@hss.example.com"])]
    Path("gate.toml").write_text(f'access-key-secret = "{secret}"\n')
    codes.append(cli.main([*check, "--config", "gate.toml"]))
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET_FILE", secret)
    codes.append(cli.main(check))

    printed = capsys.readouterr()
    assert codes == [2, 2, 2]
    assert traces(printed.out + printed.err, CANARIES) == []


AGENT = """#!/bin/sh
tr '\\0' ' ' < /proc/$$/cmdline > arguments-of-agent
env > environment-of-agent
cat > input-of-agent
"""


def test_no_process_has_a_secret_among_its_arguments_and_no_child_has_one_in_its_environment(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the gate while it waits nor the Buildkite agent, the only program that it starts."""
    gate = gate_in("stuck")
    secrets = set_credentials(gate, monkeypatch)
    agent = Path("buildkite-agent")
    agent.write_text(AGENT)
    agent.chmod(0o755)
    environ = {"BUILDKITE": "true", "PATH": f"{Path.cwd()}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    # The agent needs the proxy, with its password.
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.delenv("HTTP_PROXY")

    with subprocess.Popen(
        [sys.executable, "-m", "gate", "check", *gate.cloud_options(), "--max-age", "none", "-v", *EVERY_REPORT],
        env={**os.environ, **environ},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        log = [*takewhile(lambda line: "60 %" not in line, process.stderr)]
        arguments = Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        out, err = process.communicate(timeout=20)

    assert "check" in arguments
    assert "annotate" in Path("arguments-of-agent").read_text()
    assert "BUILDKITE=true" in Path("environment-of-agent").read_text()
    assert process.returncode == 143
    everything = "\n".join((arguments, *log, out, err, files()))
    assert traces(everything, [*secrets, *signatures(gate)]) == []
