"""Defines the scenarios of signing in without stored keys: what the role trusts, and what goes wrong.

In each of them, the keys of `Simulator.describe` are accepted as in any other: only a gate that signs in with an OIDC
token notices anything.
"""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from gate.simulator.access import HOUR, Trust
from gate.simulator.fault import EXCHANGE, Fault, Forbidden, server_error
from gate.simulator.oidc.claims import OWNER, REPOSITORY
from gate.simulator.scenario import COMPLETE, SCENARIOS, Scenario
from gate.simulator.task import Stage

CLEAN: Final = SCENARIOS["clean"]
LATER: Final = range(2, 10_000)
"""The numbers of all requests but the first."""
LONG_TASK: Final = (Stage(state="running", progress=50, seconds=2.0 * HOUR), COMPLETE)


def _scenario(name: str, summary: str, expected_exit: int, *, is_long: bool = False, **others: Any) -> Scenario:
    newest, *older = CLEAN.tasks
    tasks = (replace(newest, started_ago=0, stages=LONG_TASK), *older) if is_long else CLEAN.tasks
    return replace(CLEAN, name=name, summary=summary, expected_exit=expected_exit, tasks=tasks, **others)


SIGN_IN_SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        _scenario(
            "wrong-audience",
            "The provider of the account knows another audience.",
            3,
            trust=Trust(audiences=("another-audience",)),
        ),
        _scenario(
            "wrong-subject",
            "The role trusts the subject that GitHub gave this repository before July 2026, without ids.",
            3,
            trust=Trust(subjects=(f"repo:{OWNER}/{REPOSITORY}:*",)),
        ),
        _scenario("expired-token", "Every OIDC token has expired when it arrives.", 3, token_seconds=0),
        _scenario(
            "short-role",
            "The scan takes two hours, and the role has sessions of one hour at most.",
            0,
            is_long=True,
            trust=Trust(longest_session=HOUR),
        ),
        _scenario(
            "renewal-refused",
            "The scan takes two hours, and the role trusts no token any more after the first one.",
            3,
            is_long=True,
            faults=(Fault(operation=EXCHANGE, requests=LATER, response=Forbidden()),),
        ),
        _scenario(
            "renewal-unavailable",
            "The scan takes two hours, and the service that gives temporary keys fails after the first ones.",
            4,
            is_long=True,
            faults=(Fault(operation=EXCHANGE, requests=LATER, response=server_error(HTTPStatus.SERVICE_UNAVAILABLE)),),
        ),
    )
}
