"""Advances a simulated scan task through its stages, by time and by polls."""

from dataclasses import dataclass, field
from typing import Final

from gate.simulator.task import ENDED, SimulatedTask, Snapshot, Stage

DEFAULT_DURATION: Final = 240.0


@dataclass(kw_only=True, slots=True)
class TaskProgress:
    """The current stage of a task; the first one starts when the task starts, or when it is added if that is later."""

    task: SimulatedTask
    started: float
    known_since: float
    _stage: int = 0
    _polls: int = 0
    _stages: list[tuple[Stage, float]] = field(init=False)
    _is_stopped: bool = False

    def __post_init__(self) -> None:
        self._stages = [(self.task.stages[0], max(self.started, self.known_since))]

    def snapshot(self, now: float) -> Snapshot:
        """The task at this time; does not count as a poll."""
        while not self._is_stopped and self._stage < len(self.task.stages) - 1 and (end := self._end(now)) is not None:
            self._stage, self._polls = self._stage + 1, 0
            self._stages.append((self.task.stages[self._stage], end))
        return Snapshot(
            task=self.task,
            stage=self._stages[-1][0],
            at=now,
            started=self.started,
            ended=self._ended(),
            stages=tuple(self._stages),
        )

    def poll(self) -> None:
        """Count one response that showed the task."""
        self._polls += 1

    def stop(self, now: float) -> None:
        """End it as stopped, at the progress that it has; harmless if it has ended."""
        snapshot = self.snapshot(now)
        if snapshot.is_running:
            self._is_stopped = True
            self._stages.append((Stage(state="stopped", progress=snapshot.stage.progress), now))

    def _end(self, now: float) -> float | None:
        stage, since = self._stages[-1]
        if stage.seconds is not None and now >= since + stage.seconds:
            return since + stage.seconds
        return now if stage.polls is not None and self._polls >= stage.polls else None

    def _ended(self) -> float | None:
        stage, since = self._stages[-1]
        if stage.state not in ENDED:
            return None
        # A task that has ended in its first stage ended between its start and the time it was added.
        return since if len(self._stages) > 1 else min(self.started + DEFAULT_DURATION, since)
