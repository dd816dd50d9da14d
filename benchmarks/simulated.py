"""Serves simulated clouds whose newest scan task is finished and clean, until its standard input ends.

`python -m benchmarks.simulated` prints how to connect, in one line of JSON.
"""

from __future__ import annotations

import json
import sys

from gate.simulator import Scenario, SimulatedTask, Simulator, Stage

FINISHED = Scenario(
    name="finished",
    summary="The newest scan task is complete at the first poll.",
    expected_exit=0,
    # Long ago, so that its counts are believed at the first poll.
    tasks=(
        SimulatedTask(id="newest", name="nightly", started_ago=3600, stages=(Stage(state="complete", progress=100),)),
    ),
)


def main() -> None:
    """Serves until the benchmark closes the pipe."""
    with Simulator(FINISHED) as simulator:
        print(json.dumps(simulator.describe()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
