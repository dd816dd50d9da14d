"""Isolates every test from the CI system, credentials and settings of the machine that runs it."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import gate
from tests.builders import FakeTime
from tests.harness import start_gate
from tests.parts import in_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gate.simulator import Scenario
    from tests.harness import Gate

_PREFIXES = (
    "GITHUB_",
    "GITLAB_",
    "CI",
    "RUNNER_",
    "INPUT_",
    "SCAN_GATE_",
    "HUAWEI",
    "CLOUD_SDK_",
    "HW_",
    "ALIBABA",
    "ALICLOUD",
    # What CI systems give for an OIDC token.
    "ACTIONS_",
    "BITBUCKET_",
    "BUILDKITE",
    "SYSTEM_",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_TERMINAL = ("COLUMNS", "FORCE_COLOR", "NO_COLOR")

# A busy machine is no failure: neither the time of an example nor that of making one is tested. Each run has the same
# examples, so that a run fails by its commit and not by chance; the long one looks for new ones.
_OF_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("the same examples", _OF_ANY_SPEED, derandomize=True, database=None)
settings.register_profile("long", _OF_ANY_SPEED, max_examples=100_000)
settings.load_profile("the same examples")
# Hypothesis also tries the constants of all modules that were imported so far, which the order of the tests would
# decide: the gate imports many of its modules late.
for module in walk_packages(gate.__path__, "gate."):
    import_module(module.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that `tests/reports/test_golden.py` documents."""
    parser.addoption(
        "--rewrite-golden", action="store_true", help="rewrite the golden files instead of comparing with them"
    )


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Removes all variables that change the gate's behaviour, and starts in an empty folder."""
    for name in os.environ:
        if name.upper().startswith(_PREFIXES) or name.upper() in (*_PROXIES, *_TERMINAL):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def fake_time() -> FakeTime:
    """A clock whose sleeps take no time."""
    return FakeTime()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the rows of divided tests that are not wanted; each of these tests is counted by itself."""
    rows: dict[tuple[object, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("divided"):
            rows.setdefault((item.path, item.name.partition("[")[0]), []).append(item)
    wanted = {item for of_test in rows.values() for item in in_parts(of_test)}
    left_out = [item for of_test in rows.values() for item in of_test if item not in wanted]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in {*left_out}]


@pytest.fixture
def gate_in(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Gate]]:
    """Starts a simulated cloud and a gate for it; the scenario is a name or an object."""
    with ExitStack() as stack:

        def start(scenario: str | Scenario = "clean", cloud: str = "huawei") -> Gate:
            return stack.enter_context(start_gate(cloud, scenario, monkeypatch, capsys))

        yield start


@pytest.fixture
def hangup_is_not_ignored() -> Iterator[None]:
    """What runs the tests may ignore SIGHUP, which a program then leaves so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
