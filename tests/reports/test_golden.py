"""Reports that a person can open: every difference from the files in `tests/golden/` is intended, or a bug.

After an intended change, `pytest tests/reports/test_golden.py --rewrite-golden` writes them again; read the diff.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gate.finding import FindingPolicy
from gate.image import ImageState, Severity
from gate.policy import Decision, Policy
from gate.reports import REPORTS
from gate.scan import ScanScope, TaskState
from tests.builders import (
    NOW,
    a_context,
    a_digest,
    a_failed_image,
    a_finding,
    a_release,
    a_risky_image,
    a_task,
    a_waiver,
    an_image,
    an_outcome,
)
from tests.hostile import HOSTILE
from tests.reports.reading import rendered

GOLDEN = Path(__file__).parents[1] / "golden"
SUFFIXES = {
    "json": "json",
    "markdown": "md",
    "html": "html",
    "sarif": "sarif",
    "junit": "xml",
    "container-scanning": "json",
    "cyclonedx": "json",
    "attestation": "jsonl",
    "code-quality": "json",
    "dotenv": "env",
}
"""The suffix of the file, by the format of the report; a new report needs a line here."""
_IMAGES = (a_failed_image(), a_failed_image("till", "The image is larger than the scan takes."))
_IN_EACH_STATE = tuple(an_image(state, state, listed_digest=a_digest("b")) for state in ImageState)
_HOSTILE = HOSTILE.values()
_LOUD = HOSTILE["workflow command"]
OUTCOMES = {
    "pass": an_outcome(),
    "block": an_outcome(
        a_task(total=9, succeeded=6, failed=2, risky=4, failed_images=_IMAGES, images=(a_risky_image(),)),
        policy=Policy(max_failed=1, max_risky=3),
    ),
    "release-pass": replace(a_release(an_image("api"), an_image("moved", moved_to=a_digest("b"))), context=a_context()),
    "release-block": a_release(
        a_risky_image(), an_image("till", ImageState.FAILED, reason="Too large."), an_image("api")
    ),
    "release-undecided": a_release(a_risky_image(), *_IN_EACH_STATE, policy=Policy(max_failed=1, max_risky=1)),
    "release-findings": a_release(
        a_risky_image(
            findings=(
                a_finding("HW-1", cves=("CVE-2026-1", "CVE-2026-2"), raw_severity="immediate_repair"),
                a_finding("HW-2", package="zlib", version="1.2", severity=Severity.LOW, fixed_version="1.3"),
                a_finding("HW-3", package="curl", version="8.1", handled="ignored"),
                a_finding("EICAR", kind=ScanScope.MALICIOUS_FILE, package="", version="", severity=Severity.UNKNOWN),
            )
        ),
        an_image("api", findings=()),
        policy=Policy(
            findings=FindingPolicy(
                severity_cutoff=Severity.HIGH,
                max_findings={Severity.LOW: 9},
                waivers=(
                    a_waiver("HW-3", owner="team-web", reason="Not reachable, see SEC-7."),
                    a_waiver("HW-9", until=NOW.date() - timedelta(days=1)),
                ),
            )
        ),
    ),
    "undecided": an_outcome(a_task(state=TaskState.RUNNING, progress=60, failed=1, failed_images=_IMAGES[:1])),
    "hostile": an_outcome(
        a_task(
            id=_LOUD,
            name=_LOUD,
            raw_state=_LOUD,
            total=len(_HOSTILE),
            succeeded=0,
            failed=len(_HOSTILE),
            failed_images=tuple(a_failed_image(text, text) for text in _HOSTILE),
        )
    ),
}
FILES = {
    GOLDEN / name / f"{report}.{SUFFIXES[report]}": (outcome, report)
    for name, outcome in OUTCOMES.items()
    for report in REPORTS
    if outcome.verdict.decision is not Decision.UNDECIDED or not REPORTS[report].needs_a_verdict
    if name.startswith("release") or not REPORTS[report].needs_a_release
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_report_is_byte_for_byte_the_golden_file(path: Path, pytestconfig: pytest.Config) -> None:
    outcome, report = FILES[path]
    now = rendered(report, outcome).encode()
    if pytestconfig.getoption("--rewrite-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(now)

    assert path.is_file(), "write it with --rewrite-golden, and read it"
    assert path.read_bytes().decode().split("\n") == now.decode().split("\n")


def test_there_is_no_golden_file_without_a_report() -> None:
    assert {path for path in GOLDEN.rglob("*") if path.is_file()} <= FILES.keys()
