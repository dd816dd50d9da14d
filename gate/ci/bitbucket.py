"""Bitbucket Pipelines: a code insights report with annotations, as files for its API (ci-hosts.md 4.4).

The gate sends nothing itself: the job posts the files through the proxy that Bitbucket runs beside it, as
docs/bitbucket.md shows.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.ci.ci_system import Channel, CISystem
from gate.policy import Decision
from gate.reports.images import failed_checks, fingerprint_in_pipeline, shown_images
from gate.run_context import Job, web_address, without_user
from gate.text import as_json, file_stem, one_line
from gate.writing import remove_stale, why_unwritable, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

FOLDER = "scan-gate-bitbucket"
"""The folder of a gate without a name or a parallel step; its name is also the id under which docs/bitbucket.md sends
the report."""
_NO_REPORT = "there will be no report in Bitbucket"
_IS_LINK = "is a symbolic link and is not followed"
_MAX_ANNOTATIONS, _MAX_BATCH = 1000, 100
_MAX_SUMMARY_LENGTH, _MAX_DETAILS_LENGTH = 450, 2000


class Bitbucket(CISystem):
    """Writes the report and its annotations, one file for each request that the job has to send."""

    job_variables = ("BITBUCKET_PARALLEL_STEP",)
    """Not the id of the step, which may change when a step is run again: the old report would stay beside the new."""

    def _job(self) -> Job:
        """See `CISystem._job`; the address of a step has no documented form."""
        origin = without_user(self._value("BITBUCKET_GIT_HTTP_ORIGIN"))
        number = self._value("BITBUCKET_BUILD_NUMBER")
        return Job(
            ci="bitbucket",
            repository=self._value("BITBUCKET_REPO_FULL_NAME"),
            repository_url=origin,
            commit=self._value("BITBUCKET_COMMIT"),
            branch=self._value("BITBUCKET_BRANCH", "BITBUCKET_TAG"),
            pipeline=number,
            pipeline_url=web_address(f"{origin}/addon/pipelines/home#!/results/{number}"),
            name=self._value("BITBUCKET_PARALLEL_STEP", "BITBUCKET_STEP_UUID"),
        )

    def remove_stale(self) -> None:
        """See `CISystem.remove_stale`."""
        folder = self._folder()
        if not folder.is_symlink():
            for old in (folder / "report.json", *folder.glob("annotations-*.json")):
                remove_stale(old)

    def channels(self) -> Iterator[Channel]:
        """See `CISystem.channels`."""
        folder = self._folder()
        is_link = folder.is_symlink()
        problem = f"it {_IS_LINK}" if is_link else why_unwritable(folder / "report.json", is_replaced=True)
        yield Channel(name=str(folder), problem=problem, loss=_NO_REPORT)

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `CISystem.publish`."""
        folder = self._folder()
        annotations = insights(outcome)
        batches = [annotations[at : at + _MAX_BATCH] for at in range(0, len(annotations), _MAX_BATCH)]
        files = {"report.json": report(outcome)} | {
            f"annotations-{number}.json": batch for number, batch in enumerate(batches, start=1)
        }
        try:
            if folder.is_symlink():
                yield f"{folder} {_IS_LINK}: {_NO_REPORT}."
                return
            self.remove_stale()
            for name, document in files.items():
                write_atomically(folder / name, partial(_render, document))
        except OSError as error:
            yield f"{folder} cannot be written ({error.strerror}): {_NO_REPORT}."

    def _folder(self) -> Path:
        return Path(self._environ.get("BITBUCKET_CLONE_DIR") or ".") / file_stem(self.identity, FOLDER)


def _render(document: object) -> Iterator[str]:
    yield as_json(document)


def report(outcome: Outcome) -> dict[str, Any]:
    """Builds the report: the verdict, and the counts as data."""
    counts = {name: value for name, value in outcome.outputs.items() if name.endswith("-num") and value}
    why = " ".join(reason.message for reason in outcome.verdict.reasons)
    return {
        "title": f"Image scan {outcome.name}".rstrip(),
        "details": one_line(f"{outcome.verdict.decision}. {why}", _MAX_DETAILS_LENGTH - 1),
        "report_type": "SECURITY",
        "reporter": "scan-gate",
        "result": "PASSED" if outcome.verdict.decision is Decision.PASSED else "FAILED",
        "data": [
            {"title": name.removesuffix("-num") + outcome.counts_note, "type": "NUMBER", "value": int(value)}
            for name, value in counts.items()
        ],
    }


def insights(outcome: Outcome) -> list[dict[str, Any]]:
    """Builds an annotation for each image that is risky or could not be scanned, at most 1,000."""
    shown = shown_images(outcome, _MAX_ANNOTATIONS)
    annotations = [
        _insight(outcome, finding.check, finding.identity, finding.text, blocks=finding.blocks)
        for finding in failed_checks(shown.images, outcome)
    ]
    if shown.left_out:
        annotations.append(_insight(outcome, "more-images", "", shown.left_out, blocks=shown.left_out_block))
    return annotations


def _insight(outcome: Outcome, check: str, identity: str, text: str, *, blocks: bool) -> dict[str, Any]:
    return {
        "external_id": fingerprint_in_pipeline(outcome, check, identity)[:40],
        "annotation_type": "VULNERABILITY",
        "summary": one_line(text, _MAX_SUMMARY_LENGTH - 1),
        "severity": "HIGH" if blocks else "LOW",
    }


CI_SYSTEM = Bitbucket
