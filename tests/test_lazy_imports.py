"""A run imports the reports that it writes and the CI system that it publishes to, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate.ci import CI_SYSTEMS
from gate.reports import REPORTS

ROOT = Path(__file__).parent.parent
PUBLISH = """
import sys
from pathlib import Path
from gate import ci, commands
from gate.log import Log
from gate.publish import publish
from gate.settings import ReportTarget
from tests.builders import an_outcome
formats, name = sys.argv[1:]
targets = [ReportTarget(format=each, path=Path(each)) for each in formats.split()]
publish(an_outcome(), targets, ci.detect({}, name), Log(sys.stderr))
print("imported", *sys.modules)
"""


def imported(formats: str, ci_system: str = "none") -> set[str]:
    """The modules that are imported after a run that writes these reports for this CI system."""
    run = [sys.executable, "-c", PUBLISH, formats, ci_system]
    ended = subprocess.run(run, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    return set(ended.stdout.partition("\nimported ")[2].split())


def modules_of_reports(formats: str) -> set[str]:
    return {f"gate.reports.{REPORTS[name].module}" for name in formats.split()}


@pytest.mark.parametrize("formats", ["", "json", "junit html"])
def test_only_the_reports_that_are_written_are_imported(formats: str) -> None:
    found = imported(formats)

    assert found & modules_of_reports(" ".join(REPORTS)) == modules_of_reports(formats)


@pytest.mark.parametrize("name", CI_SYSTEMS)
def test_only_the_ci_system_that_is_published_to_is_imported(name: str) -> None:
    found = imported("", name)

    assert {one for one in CI_SYSTEMS if f"gate.ci.{one}" in found} == {name} - {"none"}
