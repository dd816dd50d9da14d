"""A job in which the variables of two CI systems are set: which policy is in force, and who is told what.

Every pair of CI systems, beside every combination of places that set the policy. A dotenv file of an earlier job in
GitLab can set any variable, among them those of another CI system, and so must gain nothing by it.
"""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Scenario, SimulatedTask
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.harness import Gate

# In the order in which the CI systems are listed: the first that is set gets the result.
SET_BY = {
    "github": ("GITHUB_ACTIONS", "true"),
    "gitlab": ("GITLAB_CI", "true"),
    "azure": ("TF_BUILD", "True"),
    "buildkite": ("BUILDKITE", "true"),
    "bitbucket": ("BITBUCKET_BUILD_NUMBER", "7"),
}
JOBS = [names for count in (0, 1, 2) for names in combinations(SET_BY, count)]
RISKY = Scenario(
    name="two-risky",
    summary="Two images of a task that ended long ago are risky.",
    expected_exit=1,
    tasks=(SimulatedTask(id="one", name="nightly", started_ago=3600, risky=2),),
)
GIVEN = (None, "", "2")
"""A limit that is not given, one that is empty, and one that lets both risky images pass."""


def environments() -> Iterator[dict[str, str]]:
    """Every combination of an input and a variable that may raise the limit of risky images."""
    for of_input, of_variable in product(GIVEN, GIVEN):
        values = {"INPUT_MAX-RISKY": of_input, "SCAN_GATE_MAX_RISKY": of_variable}
        yield {name: value for name, value in values.items() if value is not None}


def is_ambiguous(job: tuple[str, ...], environ: Mapping[str, str]) -> bool:
    """Whether an input has a value in a job of GitHub and of something else, which is an error."""
    return bool(environ.get("INPUT_MAX-RISKY")) and "github" in job and len(job) > 1


def lets_both_pass(job: tuple[str, ...], environ: Mapping[str, str]) -> bool:
    """Whether one that counts gives the high limit: the variable in every job, the input in one of GitHub alone."""
    of_input = environ.get("INPUT_MAX-RISKY") if job == ("github",) else None
    return "2" in {of_input, environ.get("SCAN_GATE_MAX_RISKY")}


@pytest.mark.divided
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("job", JOBS, ids="+".join)
def test_the_policy_is_set_by_nobody_but_the_one_ci_system_that_the_job_runs_in(
    cloud: str, job: tuple[str, ...], gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(RISKY, cloud)
    for name, value in (SET_BY[one] for one in job):
        monkeypatch.setenv(name, value)

    for environ in environments():
        with monkeypatch.context() as context:
            for name, value in environ.items():
                context.setenv(name, value)

            by_environment, by_option = gate.check().code, gate.check("--max-risky", "1").code

            if is_ambiguous(job, environ):
                assert (by_environment, by_option) == (2, 2), environ
            else:
                assert (by_environment, by_option) == (0 if lets_both_pass(job, environ) else 1, 1), environ


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("job", JOBS, ids="+".join)
def test_a_secret_is_printed_for_nobody_but_the_one_ci_system_that_masks_it(
    cloud: str, job: tuple[str, ...], gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(RISKY, cloud)
    for name, value in (SET_BY[one] for one in job):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    secret = gate.simulator.describe()[cloud]["access_key_secret"]

    ending = gate.run("check")

    assert (secret in ending.out) is (job in {("github",), ("azure",)})
    assert secret not in ending.err
    # The result goes to the first; a job of GitHub that is taken for another's would lose its outputs in silence.
    assert Path("output").exists() is ("github" in job)
    assert ("##vso[" in ending.out) is ("azure" in job and not {"github", "gitlab"} & set(job))
