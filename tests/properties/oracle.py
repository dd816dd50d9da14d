"""Finds the evidence for a verdict in the raw responses, independently of the gate.

It is written from the rules (docs/judging.md, docs/alibaba.md), and uses no module of the gate that translates
or judges. It answers one question: do the responses show a complete and fresh task with all counts, and what are they?

From the run it takes only the id of the judged task, and checks it against the requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.properties.evidence import Evidence, MissingEvidence, parse_responses
from tests.properties.oracle_alibaba import alibaba_evidence
from tests.properties.oracle_clock import reference_clock
from tests.properties.oracle_history import History
from tests.properties.oracle_huawei import huawei_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gate.settings import Settings
    from tests.properties.transport import Exchange

__all__ = ["Evidence", "MissingEvidence", "find_evidence"]


def find_evidence(
    settings: Settings, exchanges: Sequence[Exchange], task_id: str, wall_clock: Callable[[float], datetime]
) -> Evidence:
    """Finds the evidence for a verdict on this task.

    Args:
        settings: The settings of the run.
        exchanges: All requests and responses.
        task_id: The task that the gate says it judged.
        wall_clock: The time that the clock of this machine showed, by seconds since the start of the run.

    Raises:
        MissingEvidence: The responses are not enough for a verdict.
    """
    history = History(
        settings=settings,
        responses=[*parse_responses(exchanges, settings.cloud)],
        task_id=task_id,
        now=reference_clock(exchanges, wall_clock),
        wall_clock=wall_clock,
    )
    return huawei_evidence(history) if settings.cloud == "huawei" else alibaba_evidence(history)
