"""Repeats a run that passes with one value changed in one response, or in all later ones of the same operation.

Random responses rarely differ from those of a pass in one value alone. The cloud goes on as it would, unlike with
`worse_responses.py`, so that requests may differ too. Whether the run may still pass is up to its properties.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from gate.policy import Decision
from tests.properties.mutations import as_bytes
from tests.properties.sequences import ODD_VALUES
from tests.properties.worse_responses import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clouds.response import Response
    from tests.properties.mutations import Document
    from tests.properties.transport import ApiRequest
    from tests.properties.worse_responses import AnyRun

_WORDS = (
    *("SUCCESS", "FAIL", "START", "INIT", "TIMEOUT", "PENDING", "YES", "NO", "IMAGE_REPO", "expired", "f" * 64, ""),
    *("success", "failed", "scanning", "unscan", "waiting_for_scan", "High", "Security", None, True, False, 0, 1, 2),
)
_NAMES = (
    *("Target", "Digest", "image_digest", "CollectTime", "StartTime", "EndTime", "LastScanTime", "lastScanTime"),
    *("latest_scan_time", "latest_update_time", "latest_sync_time", "ImageUpdate", "RiskStatus", "scan_status"),
    *("severity_level", "Status", "StatusText", "Result", "ResultInfo", "Finish", "failed_reason", "ScaStatus"),
    *("ScaResult", "TotalCount", "FinishCount", "is_multiple_arch", "shared_status", "scan_scope", "remain_min"),
)
_SHIFTS = (1, 1000, 20_000, 60_000, 300_000, 3_600_000, 86_400_000, 10**12)
"""Of a number, which may be a time in ms."""


@dataclass
class ChangedValue:
    """Changes one value of a response; `what` says which, and to what."""

    at: int
    """The number of the first response that may be changed; the first one after it that is a document is."""
    seed: str
    stays: bool
    """Whether later responses of the same operation are changed in the same way."""
    what: str = ""
    _operation: str = ""
    _number: int = 0

    def __call__(self, response: Response | None, request: ApiRequest) -> Response | None:
        """The response, changed if it is one of those."""
        self._number += 1
        is_first, is_later = not self.what, self.stays and request.operation == self._operation
        document = parse(response) if self._number > self.at and (is_first or is_later) else None
        if not response or not document:
            return response
        changed = _change(document, Random(self.seed))
        if is_first:
            self.what, self._operation = f"{request.operation}: {changed}", request.operation
        return replace(response, body=as_bytes(document))


def changed_runs(execute: Callable[..., AnyRun], run: AnyRun, number: int) -> Iterator[tuple[str, AnyRun]]:
    """So many runs of the same sequence if this one passes, each with what was changed; its seed decides that.

    Args:
        execute: Runs the gate on a sequence.
        run: A run.
        number: How many runs.
    """
    if run.outcome.verdict.decision is not Decision.PASSED:
        return
    for one in range(number):
        seed = f"{run.sequence.seed} changed {one}"
        rng = Random(f"place {seed}")
        change = ChangedValue(at=rng.randrange(len(run.exchanges)), seed=seed, stays=rng.random() < 0.4)
        changed = execute(run.sequence, change=change)
        yield change.what, changed


def _change(document: Document, rng: Random) -> str:
    """Changes one value in place."""
    *path, key = rng.choice([*_paths(document)])
    node: Any = document
    for step in path:
        node = node[step]
    kind = rng.random()
    if kind < 0.1:
        del node[key]
        return f"{path}, {key}: deleted"
    if kind < 0.2 and isinstance(node, list):
        node.append(_another(node[key], rng))
    elif kind < 0.3 and isinstance(node, dict):
        key = rng.choice(_NAMES)
        node[key] = rng.choice((*_WORDS, *ODD_VALUES))
    else:
        node[key] = _another(node[key], rng)
    return f"{path}, {key}: {node[-1 if isinstance(node, list) else key]!r}"[:300]


def _paths(node: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _another(value: object, rng: Random) -> object:
    """A value that is near another one, or any other."""
    if isinstance(value, dict) and value:
        key = rng.choice([*value])
        return {**json.loads(json.dumps(value)), key: _another(value[key], rng)}
    if rng.random() < 0.5 and isinstance(value, str) and value:
        at = rng.randrange(len(value))
        return rng.choice((f"{value[:at]}x{value[at + 1 :]}", value[:at] + value[at + 1 :], f"{value}0", value.upper()))
    if rng.random() < 0.6 and type(value) is int:
        number = value + rng.choice(_SHIFTS) * rng.choice((-1, 1))
        return rng.choice((number, number, number, -number, str(number), float(number)))
    return rng.choice((*_WORDS, *ODD_VALUES))
