"""Secrets: canaries in every place where the gate takes one, and not a trace of them in anything that comes out."""

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
    import socket
    from collections.abc import Callable, Iterable

    from tests.harness import Ending, Gate

PROXY_PASSWORD = "canary-of-the-proxy+/in-its-address"
OF_SOMEBODY_ELSE = {
    "SCAN_GATE_ACCESS_KEY_ID": "AKOFSOMEBODYELSE",
    "SCAN_GATE_ACCESS_KEY_SECRET": "canary-of-a-secret-key-of-somebody-else",
    "SCAN_GATE_SECURITY_TOKEN": "canary-of-a-security-token-of-somebody-else",
    "SCAN_GATE_AUTH_TOKEN": "canary-of-an-auth-token-of-somebody-else",
}
CANARIES = (*[*OF_SOMEBODY_ELSE.values()][1:], PROXY_PASSWORD)
ROOT = Path(__file__).parent.parent
A_TRACE = 20
"""Characters: whoever has so many of a secret next to each other has seen it."""
EVERY_REPORT = [word for name in REPORTS for word in ("--report", f"{name}=report.{name}")]
MASKS = {"github": "::add-mask::{}", "azure": "##vso[task.setsecret]{}", "none": None}


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://somebody:{quote(PROXY_PASSWORD, safe='')}@127.0.0.1:9")


@pytest.fixture
def on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of a job in GitHub, with its files."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(name).touch()
        monkeypatch.setenv(name, name)


@pytest.fixture
def somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Canaries for all credentials, none of which any simulated cloud accepts."""
    for name, value in OF_SOMEBODY_ELSE.items():
        monkeypatch.setenv(name, value)


def let_in(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Signs the gate in with all kinds of credentials at once; returns those that are secret."""
    known = gate.simulator.describe()[gate.cloud]
    names = [name for name in ("access_key_secret", "security_token", "auth_token") if name in known]
    for name in names:
        monkeypatch.setenv(f"SCAN_GATE_{name.upper()}", known[name])
    return [*(known[name] for name in names), PROXY_PASSWORD]


def signatures(gate: Gate) -> list[str]:
    """The signatures of all requests that the simulated clouds have heard."""
    heard = "\n".join(request.headers.get("Authorization", "") for request in gate.simulator.requests)
    return re.findall(r"Signature=([0-9a-f]{64})", heard)


def traces(text: str, secrets: Iterable[str]) -> list[str]:
    """The pieces of secrets in a text, in any spelling in which something may repeat one."""
    spellings = {
        spelling
        for secret in secrets
        for spelling in (secret, quote(secret, safe=""), b64encode(f"somebody:{secret}".encode()).decode())
    }
    pieces = {
        spelling[at : at + A_TRACE] for spelling in spellings for at in range(max(1, len(spelling) - A_TRACE + 1))
    }
    return [piece for piece in pieces if piece in text]


def written() -> str:
    """All that stands in files of the test's folder, and their names."""
    return "\n".join(f"{path}\n{path.read_text()}" for path in Path().rglob("*") if path.is_file())


def told(ending: Ending) -> str:
    """All that came out of a run, wherever."""
    return f"{ending.out}\n{ending.err}\n{written()}"


def without_masks(text: str, secrets: Iterable[str], mask: str | None = MASKS["github"]) -> str:
    """The text without the lines that tell the host what to hide."""
    masks = {mask.format(secret) for secret in secrets} if mask else set()
    return "\n".join(line for line in text.splitlines() if line not in masks)


@pytest.mark.usefixtures("on_github")
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_scenario_shows_a_secret_or_a_signature(
    scenario: str, cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(scenario, cloud)
    secrets = let_in(gate, monkeypatch)

    ending = gate.run("check", "-v", *EVERY_REPORT)

    assert ending.code == SCENARIOS[scenario].expected_exit
    assert signatures(gate)
    assert traces(without_masks(told(ending), secrets), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("host", MASKS)
@pytest.mark.parametrize("command", ["check", "status"])
def test_only_the_host_that_hides_secrets_is_told_them(
    command: str, host: str, cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    secrets = let_in(gate, monkeypatch)
    monkeypatch.setenv("GITHUB_ACTIONS" if host == "github" else "TF_BUILD", "true" if host != "none" else "")

    ending = gate.run(command, "-v")

    masks = [line for line in ending.out.splitlines() if traces(line, secrets)]
    # What status prints is often captured, so that it holds no masks.
    mask = MASKS[host] if command == "check" else ""
    used = secrets[:3] if cloud == "huawei" else secrets[:2]
    assert masks == ([mask.format(secret) for secret in used] if mask else [])
    assert traces(without_masks(told(ending), secrets, mask), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("command", ["check", "status"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_wrong_credentials_are_not_repeated(
    cloud: str, command: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    wrong = {name: value for name, value in OF_SOMEBODY_ELSE.items() if not name.endswith("KEY_ID")}

    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
        ending = gate.run(command, "-v", *(EVERY_REPORT if command == "check" else []))

        assert ending.code == 3
        assert traces(told(ending), [*CANARIES, *signatures(gate)]) == []


# Whatever answers may repeat what it was sent, in its own way.


@dataclass(frozen=True)
class Repeated:
    """What a question had in it."""

    head: str

    @property
    def lines(self) -> list[str]:
        return self.head.split("\r\n")[1:-2]

    @property
    def unframed(self) -> list[str]:
        """The headers without a second length, for which urllib3 would leave its socket to the garbage collector."""
        return [line for line in self.lines if not line.lower().startswith(("content-length", "connection"))]

    @property
    def secret(self) -> str:
        """The header with the proof, whichever it is."""
        names = ("authorization", "x-auth-token", "proxy-authorization")
        return next(line for line in self.lines if line.lower().startswith(names))

    @property
    def all(self) -> str:
        return " | ".join(self.lines)


def page(text: str, status: str = "200 OK", *headers: str) -> str:
    head = (f"HTTP/1.1 {status}", f"Content-Length: {len(text)}", "Connection: close", *headers, "", "")
    return "\r\n".join(head) + text


def huawei_error(text: str) -> str:
    return json.dumps({"error_code": "APIGW.0301", "error_msg": text})


def alibaba_error(text: str) -> str:
    return json.dumps({"Code": "SignatureDoesNotMatch", "Message": text})


def a_task(text: str) -> str:
    """A scan task of either cloud that is named after what was sent."""
    huawei = {"task_id": text, "task_name": text, "task_status": 100, "start_time": 1, "failed_reason": text}
    return json.dumps({"data_list": [huawei], "total_num": 1, "TaskInfo": {"TaskId": text, "Status": text}})


WAYS: dict[str, Callable[[Repeated], str]] = {
    "as the status line": lambda sent: f"{sent.secret}\r\n\r\n",
    "in the status line": lambda sent: page("", f"401 {sent.all}"),
    "as a number of bytes": lambda sent: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{sent.secret}\r\n",
    "as the length": lambda sent: f"HTTP/1.1 200 OK\r\nContent-Length: {sent.secret}\r\n\r\n{{}}",
    "as its packing": lambda sent: page("", "200 OK", f"Content-Encoding: {sent.secret}"),
    "as its request id": lambda sent: page("{}", "200 OK", f"X-Request-Id: {sent.all}"),
    "as its date": lambda sent: page("{}", "200 OK", f"Date: {sent.all}"),
    "as the pause": lambda sent: page("{}", "429 Too Many Requests", f"Retry-After: {sent.all}"),
    "as another address": lambda sent: page("", "302 Found", f"Location: http://127.0.0.1/{sent.all}"),
    "as headers of its own": lambda sent: page("{}", "200 OK", *sent.unframed),
    "as lines that are no headers": lambda sent: page("{}", "200 OK", sent.all.replace(":", " ")),
    "in an error of Huawei's": lambda sent: page(huawei_error(sent.all), "401 Unauthorized"),
    "in an error of Huawei's under 200": lambda sent: page(huawei_error(sent.secret)),
    "in an error of Alibaba's": lambda sent: page(alibaba_error(sent.all), "400 Bad Request"),
    "in an error of no cloud's": lambda sent: page(json.dumps({"error": {"code": sent.secret}}), "500 Oh"),
    "as a code": lambda sent: page(json.dumps({"error_code": sent.secret, "Code": sent.secret}), "400 Bad Request"),
    "in a web page": lambda sent: page(f"<html>{sent.all}", "403 Forbidden"),
    "in half a document": lambda sent: page(f'{{"data_list": "{sent.secret}'),
    "as a key that stands twice": lambda sent: page(f'{{"{sent.secret}": 1, "{sent.secret}": 1}}'),
    "as a task": lambda sent: page(a_task(sent.all)),
}


class Echo(Peer):
    """Repeats what it is sent."""

    def __init__(self, way: Callable[[Repeated], str]) -> None:
        super().__init__()
        self._way = way

    def _hear(self, caller: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := caller.recv(65536)):
            head += more
        self.requests.append(head.decode("latin-1"))
        caller.sendall(self._way(Repeated(self.requests[-1])).encode("latin-1"))


def proofs(echo: Echo) -> list[str]:
    return re.findall(r"Signature=([0-9a-f]{64})", "\n".join(echo.requests))


@pytest.mark.usefixtures("somebody_else", "on_github")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("signs_in", ["huawei", "alibaba", "huawei by token"])
def test_nothing_that_the_other_side_repeats_is_shown(
    signs_in: str, way: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "token" in signs_in:
        monkeypatch.delenv("SCAN_GATE_ACCESS_KEY_ID")
        monkeypatch.delenv("SCAN_GATE_ACCESS_KEY_SECRET")
    cloud = signs_in.partition(" ")[0]
    where = ["--cloud", cloud, *(["--project-id", "p"] if cloud == "huawei" else [])]
    with Echo(WAYS[way]) as echo:
        url = f"http://{echo.address}"
        code = cli.main(
            ["check", *where, "--endpoint", url, "-v", "--timeout", "3s", *EVERY_REPORT], FakeTime().clock()
        )

    said = capsys.readouterr()
    assert code in {3, 4, 5, 7}
    assert echo.requests
    everything = without_masks(f"{said.out}\n{said.err}\n{written()}", CANARIES)
    assert traces(everything, [*CANARIES, *proofs(echo)]) == []


PROXY_WAYS: dict[str, Callable[[Repeated], str]] = {
    "when it wants to know who asks": lambda sent: page("", f"407 Not {sent.secret}"),
    "when it is broken": lambda sent: page("", f"502 Not {sent.secret}"),
    "as its status line": lambda sent: f"{sent.secret}\r\n\r\n",
    "the address in the clear": lambda _: page("", f"403 Not somebody:{PROXY_PASSWORD}"),
}


@pytest.mark.parametrize("way", PROXY_WAYS)
@pytest.mark.usefixtures("somebody_else")
def test_no_proxy_that_repeats_its_password_makes_the_gate_show_it(
    way: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Echo(PROXY_WAYS[way]) as echo:
        monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:{quote(PROXY_PASSWORD, safe='')}@{echo.address}")
        code = cli.main(
            ["check", "--cloud", "alibaba", "--region", "cn-hangzhou", "-v", "--timeout", "1s", *EVERY_REPORT],
            FakeTime().clock(),
        )

    said = capsys.readouterr()
    assert code == 4
    assert any("Proxy-Authorization" in head for head in echo.requests)
    assert traces(f"{said.out}\n{said.err}\n{written()}", CANARIES) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://somebody:{}@[::1",
        "http://somebody:{}@127.0.0.1:port",
        "socks9://somebody:{}@127.0.0.1:9",
        "somebody:{}@",
    ],
)
@pytest.mark.usefixtures("somebody_else")
def test_no_proxy_address_that_cannot_be_read_is_cited(
    address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address.format(PROXY_PASSWORD))

    code = cli.main(
        ["check", "--cloud", "alibaba", "--region", "cn-hangzhou", "-v", "--timeout", "1s"], FakeTime().clock()
    )

    said = capsys.readouterr()
    assert code in {2, 4}
    assert traces(said.out + said.err, CANARIES) == []


# Bugs, and the other commands.


@dataclass
class BreakingTime(FakeTime):
    """A clock that breaks when it is asked for the time for the so-manieth time, wherever in the gate that is."""

    asked: int = 0
    last: int = 0

    def monotonic(self) -> float:
        self.asked += 1
        if self.asked == self.last:
            raise LookupError("the clock is broken")
        return super().monotonic()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_traceback_shows_a_secret_wherever_the_bug_is(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = BreakingTime()
    replace(gate_in("flaky", cloud), time=steady).run("check")

    # At first the clock itself is made, by whoever runs the command.
    for last in range(2, steady.asked, 4):
        gate = gate_in("flaky", cloud)
        secrets = let_in(gate, monkeypatch)
        ending = replace(gate, time=BreakingTime(last=last)).run("check", "-v", *EVERY_REPORT)

        assert "LookupError: the clock is broken" in ending.err
        assert traces(told(ending), [*secrets, *signatures(gate)]) == []


@pytest.mark.parametrize("scenario", ["clean", "forbidden", "flaky"])
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("somebody_else", "on_github")
def test_the_demo_shows_no_secret_of_its_environment(
    cloud: str, scenario: str, fake_time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["demo", "--cloud", cloud, "--scenario", scenario], fake_time.clock())

    said = capsys.readouterr()
    assert traces(said.out + said.err + written(), CANARIES) == []


def test_a_secret_in_the_wrong_place_is_not_cited(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an address, in the file of options, and where the name of a file belongs."""
    secret = OF_SOMEBODY_ELSE["SCAN_GATE_ACCESS_KEY_SECRET"]
    check = ["check", "--cloud", "huawei", "--region", "cn-north-4", "-v"]

    codes = [cli.main([*check, "--endpoint", f"https://user:{secret}@hss.example.com"])]
    Path(".scan-gate.toml").write_text(f'access-key-secret = "{secret}"\n')
    codes.append(cli.main(check))
    Path(".scan-gate.toml").unlink()
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET_FILE", secret)
    codes.append(cli.main(check))

    said = capsys.readouterr()
    assert codes == [2, 2, 2]
    assert traces(said.out + said.err, CANARIES) == []


# What other processes of the machine can see.

AGENT = """#!/bin/sh
tr '\\0' ' ' < /proc/$$/cmdline > arguments-of-agent
cat > what-agent-heard
"""


def test_no_process_has_a_secret_among_its_arguments(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate itself while it waits, and the agent of Buildkite, the only program that it starts."""
    gate = gate_in("stuck")
    secrets = let_in(gate, monkeypatch)
    agent = Path("buildkite-agent")
    agent.write_text(AGENT)
    agent.chmod(0o755)
    environ = {"BUILDKITE": "true", "PATH": f"{Path.cwd()}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    with subprocess.Popen(
        [sys.executable, "-m", "gate", "check", *gate.cloud_options(), "--max-age", "none", "-v", *EVERY_REPORT],
        env={**os.environ, **environ},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr
        heard = [*takewhile(lambda line: "60 %" not in line, process.stderr)]
        arguments = Path(f"/proc/{process.pid}/cmdline").read_text()
        process.terminate()
        out, err = process.communicate(timeout=20)

    assert "check" in arguments
    assert "annotate" in Path("arguments-of-agent").read_text()
    assert process.returncode == 143
    everything = "\n".join((arguments, *heard, out, err, written()))
    assert traces(everything, [*secrets, *signatures(gate)]) == []
