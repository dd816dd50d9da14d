"""The page about troubleshooting: the gate ends with each of its messages, word for word, and with its exit code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Fault, Quota, Scenario, SimulatedTask, Stage, connection_reset
from tests.clouds.builders import Peer, ok_response
from tests.clouds.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

PAGE = (Path(__file__).parent.parent / "docs" / "troubleshooting.md").read_text()
HEADINGS = re.findall(r"^\*\*.*$", PAGE, flags=re.MULTILINE)
MESSAGES = {
    message: int(code[1]) if (code := re.search(r"\((\d)[,)]", heading)) else 0
    for heading in HEADINGS
    for message in re.findall(r'"([^"]+)"', heading)
}
"""The exit code of each message that the page quotes."""
COMPLETE, RUNNING = Stage(state="complete", progress=100), Stage(state="running", progress=50, seconds=60)
OTHER = f"team/shop/other@sha256:{'0' * 64}"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the gate comes to a message."""

    scenario: str | Scenario = "clean"
    arguments: tuple[str, ...] = ()
    cloud: str = "huawei"
    before: Callable[[Gate, pytest.MonkeyPatch], object] = lambda gate, patch: None  # noqa: ARG005 - nothing is to do


def with_tasks(*tasks: dict[str, Any], quota: Quota | None = None, faults: tuple[Fault, ...] = ()) -> Scenario:
    """A scenario with these scan tasks, which differ from a clean one that ended some minutes ago."""
    default = {"id": "ours", "name": "ours", "started_ago": 600.0, "stages": (COMPLETE,)}
    simulated = tuple(SimulatedTask(**{**default, **task}) for task in tasks)
    return Scenario(name="", summary="", expected_exit=0, tasks=simulated, quota=quota, faults=faults)


def without_keys(_: Gate, patch: pytest.MonkeyPatch) -> None:
    for name in ("ID", "SECRET"):
        patch.delenv(f"SCAN_GATE_ACCESS_KEY_{name}")


def with_another_secret(_: Gate, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "of-another-key")


def changing_scope(gate: Gate, _: pytest.MonkeyPatch) -> None:
    """The task has another image type after 20 s, whatever is asked for."""

    def change() -> None:
        gate.simulator.rewrite = rewritten

    gate.time.at_elapsed(20, change)


def rewritten(operation: str, document: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, "image_type": "local"} for row in document.get("data_list", [])]
    return {**document, "data_list": rows} if operation == "tasks" else document


def in_a_job_without_its_file(_: Gate, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("GITHUB_ACTIONS", "true")
    patch.setenv("GITHUB_OUTPUT", "absent/output")


REFUSED = "... does not accept these credentials (..."
WAYS = {
    "There are no credentials for ...": Way(before=without_keys),
    "Huawei Cloud does not accept these credentials (...": Way(before=with_another_secret),
    "No scan task was found in ...": Way(scenario="empty"),
    "No scan task with the id ... was found in ...": Way(arguments=("--task-id", "another")),
    "The scan task started ..., longer ago than --max-age allows": Way(scenario="stale"),
    "... cloud does not list ...": Way(scenario="images-clean", arguments=("--image", OTHER, "--scan", "never")),
    "The registry does not know ...": Way(scenario="images-clean", arguments=("--image", "team/shop/other:1")),
    "Two scan tasks fit: ...": Way(scenario=with_tasks({}, {"id": "theirs"})),
    "... states no documented trigger ...": Way(scenario=with_tasks({"task_type": "event"})),
    "... does not fit the filters any more ...": Way(
        scenario=with_tasks({"started_ago": 60.0, "stages": (RUNNING, COMPLETE)}),
        arguments=("--global-image-type", "registry", "--timeout", "5m"),
        before=changing_scope,
    ),
    "The scan did not look for: ...": Way(scenario=with_tasks({"scopes": frozenset({"baseline"})})),
    "... the cloud calls ... complete, but ...": Way(
        scenario=with_tasks({"stages": (Stage(state="complete", progress=100, remaining_minutes=5),)})
    ),
    "... does not let this user call ...": Way(scenario="forbidden"),
    REFUSED: Way(cloud="alibaba", before=with_another_secret),
    "... quota is used up": Way(scenario=with_tasks({}, quota=Quota(calls=0, seconds=60))),
    "... gave no usable number for: ...": Way(scenario="uncounted"),
    "The scan task has no images": Way(scenario="no-images"),
    "The response is a web page, not the API's JSON.": Way(scenario="login-page"),
    "The time is up after ... and the scan task is still running": Way(scenario="stuck", arguments=("--timeout", "5m")),
    "... its results are not all there yet": Way(
        scenario=with_tasks({"results_lag": 7200.0, "scanned_before": False}), cloud="alibaba"
    ),
    "The scan task itself ...": Way(scenario="stopped"),
    "... cannot be reached, or broke off": Way(scenario=with_tasks({}, faults=(Fault(response=connection_reset()),))),
    "cannot be written ...": Way(before=in_a_job_without_its_file),
}
UNTRUSTED = "The certificate of ... cannot be trusted"


def is_said(message: str, text: str) -> bool:
    """Whether a line of a log has the message, in which three dots stand for anything."""
    return re.search(".*".join(map(re.escape, message.split("..."))), text) is not None


def test_every_message_of_the_page_is_met_below() -> None:
    assert {*MESSAGES} == {*WAYS, UNTRUSTED}


@pytest.mark.parametrize("message", WAYS)
def test_the_gate_ends_with_the_message_and_the_exit_code_of_the_page(
    message: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS[message]
    gate = gate_in(way.scenario, way.cloud)
    way.before(gate, monkeypatch)

    ending = gate.run("check", *way.arguments)

    assert is_said(message, ending.out + ending.err)
    assert ending.code == MESSAGES[message]


def test_a_certificate_that_is_not_trusted_ends_with_the_message_and_the_exit_code_of_the_page(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = gate_in()
    with Peer(ok_response(), Authority.new().server(tmp_path)) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        ending = gate.run("check", "--endpoint", "https://gate.invalid")

    assert is_said(UNTRUSTED, ending.out)
    assert ending.code == MESSAGES[UNTRUSTED]
