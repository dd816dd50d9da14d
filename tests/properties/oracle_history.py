"""Finds, in the responses of a run, the one by which the task was chosen, and the last lists."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from tests.properties.evidence import MissingEvidence, read_time, require
from tests.properties.oracle_clock import SKEW

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gate.settings import Settings
    from tests.properties.evidence import ParsedResponse, Row

START_TIME_ID = "collected-at-"
"""What the gate puts before the start time of a task without an id (docs/alibaba.md)."""
_LEAVES = "DescribeOnceTaskLeafRecordPage"


@dataclass(frozen=True, kw_only=True)
class History:
    """The successful responses of a run that has judged a task."""

    settings: Settings
    responses: list[ParsedResponse]
    task_id: str
    now: Callable[[float], datetime]
    """The current time, by seconds since the start of the run."""
    wall_clock: Callable[[float], datetime]
    """The clock of the machine, by seconds since the start of the run."""

    @property
    def ended_at(self) -> float:
        """When the last response was received."""
        return self.responses[-1].ended_at

    def seconds_since(self, ended: datetime) -> float:
        """Seconds from the end of a task to that of the run, by the machine's clock or the cloud's: the later one."""
        return (max(self.now(self.ended_at), self.wall_clock(self.ended_at)) - ended).total_seconds()

    def last(self, operation: str) -> ParsedResponse:
        """The last response of this operation."""
        responses = [response for response in self.responses if response.operation == operation]
        require(responses, f"{operation} has no response")
        return responses[-1]

    def choice(self, operation: str, id_parameter: str) -> ParsedResponse:
        """The response of Alibaba Cloud by which the task was chosen.

        This is the last one before a request had its id, or the first one with its id if the id was an option.
        """
        self.require_no_other_task(id_parameter)
        if self.settings.task_id:
            # An id that is made of the start time cannot be requested.
            is_requested = not self.task_id.startswith(START_TIME_ID)
            return self._fresh(
                [one for one in self.responses if (id_parameter in one.query) is is_requested], last=False
            )
        return self._fresh(self.before_first_id(operation, id_parameter), last=True)

    def require_no_other_task(self, id_parameter: str) -> None:
        """Requires that no other task was requested by its id, nor was one given as an option."""
        with_id = [response for response in self.responses if response.query.get(id_parameter)]
        ids = {response.query[id_parameter] for response in with_id if response.operation != _LEAVES}
        require(ids <= {self.task_id}, "another task was requested")
        require(self.settings.task_id in {None, self.task_id}, "the option names another task")

    def before_first_id(self, operation: str, id_parameter: str) -> list[ParsedResponse]:
        """The responses of an operation without an id, before the first with one.

        A later one is asked for another reason, and may be about a task that started since.
        """
        with_id = [response for response in self.responses if response.query.get(id_parameter)]
        without_id = [response for response in self.responses if id_parameter not in response.query]
        before = [response for response in without_id if not with_id or response.ended_at <= with_id[0].ended_at]
        return [response for response in before if response.operation == operation]

    def rows(self, operation: str, key: str, poll: ParsedResponse) -> list[Row]:
        """The rows of a list as it was read last between a poll and the next one, for all criteria."""
        lists: dict[str, dict[str, Row]] = {}
        following = self.responses[self.responses.index(poll) + 1 :]
        for response in takewhile(lambda response: response.operation != poll.operation, following):
            if response.operation != operation:
                continue
            criteria, number = response.query.get("Criteria", ""), response.query["CurrentPage"]
            if number == "1":
                lists[criteria] = {}
            lists.setdefault(criteria, {})[number] = response.document
        return [row for pages in lists.values() for document in pages.values() for row in document.get(key) or ()]

    def _fresh(self, responses: list[ParsedResponse], *, last: bool) -> ParsedResponse:
        """The last or first of these in which the task was present and fresh; the gate waits after the others."""
        for response in reversed(responses) if last else responses:
            is_fresh = self.is_fresh(self.earliest_start(response), response.ended_at)
            if self._shows_task(response) and is_fresh:
                return response
        raise MissingEvidence("the task was never chosen while it was fresh")

    def earliest_start(self, response: ParsedResponse) -> object:
        """The start time that a response of Alibaba Cloud states, or an earlier one that was stated of this task."""
        own = response.document.get("CollectTime")
        until = self.responses[: self.responses.index(response) + 1]
        shown = [one.document for one in until if self._shows_task(one)]
        stated = [one.get("CollectTime") for one in shown if str(one.get("TaskId")).strip() == self.task_id]
        known = [start for start in (own, *stated) if type(start) is int and read_time(start)]
        return min(known) if read_time(own) else own

    def _shows_task(self, response: ParsedResponse) -> bool:
        """Whether a response shows a task at all, and the one whose id is made of its start time."""
        info, collected = response.document.get("TaskInfo"), response.document.get("CollectTime")
        is_of_start = self.task_id in (f"{START_TIME_ID}{collected}", self.task_id.removeprefix(START_TIME_ID))
        return isinstance(info, dict) and info.get("Result") != "TASK_NOT_EXISTS" and is_of_start

    def is_fresh(self, start: object, at: float) -> bool:
        """Whether a task with this start time was fresh at this time of the run."""
        policy, started_at, now = self.settings.policy, read_time(start), self.now(at)
        if policy.max_age is None and policy.started_after is None:
            return True
        if started_at is None or started_at > now + SKEW:
            return False
        is_young = policy.max_age is None or now - started_at <= policy.max_age
        return is_young and (policy.started_after is None or started_at >= policy.started_after)
