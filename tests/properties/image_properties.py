"""Checks the properties that every run of image mode must have, and those of a run with worse responses.

The oracle is one of set inclusion: a run may pass only if every image that was asked for has a result of its own.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate.errors import ExitCode
from gate.policy import Decision
from tests.builders import NOW
from tests.properties import image_oracle_alibaba, image_oracle_huawei
from tests.properties.evidence import MissingEvidence
from tests.properties.image_evidence import FAILED, RISKY, ImageHistory, bare_digest, parse_answers
from tests.properties.image_faults import is_start
from tests.properties.image_oracle_alibaba import AlibabaEvidence
from tests.properties.image_oracle_huawei import HuaweiEvidence
from tests.properties.image_sequences import min_interval
from tests.properties.oracle_clock import reference_clock
from tests.properties.properties import exit_code_violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.image import ImageRef
    from tests.properties.image_evidence import Answer
    from tests.properties.image_sequences import ImageRun

_TOLERANCE = 0.05
_TIME_TO_STOP = 5.0
"""Seconds after the end of the run in which a scan that it has started may be stopped."""
_MOST_STARTS = {
    "huawei": 1,
    "alibaba": 2,
}
"""How often one image may be scanned: on Alibaba Cloud once more if the first task has no record of it."""


def image_violations(run: ImageRun) -> Iterator[str]:
    """Violations of the properties of one run."""
    history = _history(run)
    yield from _evidence_violations(run, history)
    yield from truth_violations(run)
    yield from _scan_violations(run, history)
    yield from _count_violations(run)
    yield from _time_violations(run)
    yield from exit_code_violations(run)


def _history(run: ImageRun) -> ImageHistory:
    settings = run.sequence.settings

    def wall_clock(elapsed: float) -> datetime:
        return datetime.fromtimestamp(NOW.timestamp() + run.sequence.clock_error + elapsed, UTC)

    return ImageHistory(
        settings=settings,
        answers=parse_answers(run.exchanges),
        elapsed=run.elapsed,
        interval=min_interval(settings),
        now=reference_clock(run.exchanges, wall_clock),
        wall_clock=wall_clock,
        cloud_clock=lambda elapsed: NOW + timedelta(seconds=elapsed),
    )


def _evidence_violations(run: ImageRun, history: ImageHistory) -> Iterator[str]:
    """A pass needs evidence for every image; a block needs it for as many as exceed a limit."""
    code, policy = run.outcome.verdict.exit_code, run.sequence.settings.policy
    if code not in {ExitCode.PASSED, ExitCode.BLOCKED}:
        return
    kind = HuaweiEvidence if history.settings.cloud == "huawei" else AlibabaEvidence
    # What is risky blocks before its result is settled or proven, since nothing could let the release pass.
    evidence = kind(history, is_for_pass=code == ExitCode.PASSED)
    found: Counter[str] = Counter()
    for image, digest in pinned(run, history):
        try:
            found[evidence.result(image, digest)] += 1
        except MissingEvidence as missing:
            if code == ExitCode.PASSED:
                yield f"it passes without evidence of {image} ({digest}): {missing}"
    exceeds = found[FAILED] > policy.max_failed or found[RISKY] > policy.max_risky
    if exceeds != (code == ExitCode.BLOCKED):
        yield f"exit code {code} with {dict(found)}"
    if code == ExitCode.PASSED and found[FAILED] == found.total():
        yield "it passes without one image that was scanned"


def pinned(run: ImageRun, history: ImageHistory) -> list[tuple[ImageRef, str]]:
    """Each image that was asked for with its digest: its own, or the one that its tag had at the start of the run."""
    found = []
    for image in run.sequence.settings.images:
        digest = image.digest or next((digest for one in history.answers if (digest := _digest_of(one, image))), "")
        found.append((image, digest))
    return list(dict.fromkeys(found))


def _digest_of(answer: Answer, image: ImageRef) -> str:
    """The digest of a tag by this response of its registry; empty if it is about something else."""
    document, path = answer.document or {}, answer.request.path
    name = f"{image.namespace}/{image.name}"
    of_swr = f"GET /v2/manage/namespaces/{image.namespace}/repos/{image.name.replace('/', '$')}/tags/{image.tag}"
    query = answer.request.query
    is_of_acr = answer.request.operation == "GetRepoTag" and query["Tag"] == image.tag
    is_about = path == of_swr or (is_of_acr and query["RepoId"].endswith(f"crr-{name}"))
    return bare_digest(document.get("digest") or document.get("Digest")) if is_about else ""


def truth_violations(run: ImageRun) -> Iterator[str]:
    """A pass of images that are not fine in the history of the run, where all that was shown was true."""
    if run.outcome.verdict.exit_code != ExitCode.PASSED or run.history is None or not run.is_truthful:
        return
    policy, history = run.sequence.settings.policy, run.history
    if policy.max_failed or policy.max_risky:
        return
    task = run.outcome.task
    assert task is not None
    assert run.cloud is not None
    digests = {bare_digest(digest): digest for digest in history.findings}
    for image, pinned_digest in pinned(run, _history(run)):
        digest = digests[bare_digest(pinned_digest)]
        scanned = next(one for one in task.images if bare_digest(one.image.digest) == bare_digest(digest))
        ms = scanned.scanned_at and round(scanned.scanned_at.timestamp() * 1000)
        if history.findings[digest] or (history.hidden[digest] and len(policy.required_scopes) > 1):
            yield f"it passes, and {image} has findings"
        if (digest, ms) not in run.cloud.results:
            yield f"it passes, and no scan of {image} ended at {scanned.scanned_at}"


def _scan_violations(run: ImageRun, history: ImageHistory) -> Iterator[str]:
    """More scans than were asked for, or other ones."""
    settings = run.sequence.settings
    is_huawei = settings.cloud == "huawei"
    is_scan_start = image_oracle_huawei.is_scan_start if is_huawei else image_oracle_alibaba.is_scan_start
    asked = {bare_digest(digest) for _, digest in pinned(run, history)}
    accepted: Counter[str] = Counter()
    for answer in filter(is_scan_start, history.answers):
        digests = list(_huawei_digests(answer)) if is_huawei else image_oracle_alibaba.started_digests(answer)
        if settings.scan == "never" or not digests or not asked.issuperset(digests):
            yield f"a scan of {digests} was started with --scan {settings.scan}, where {asked} were asked for"
        accepted.update(set(digests) if _is_accepted(answer) else ())
    if accepted and max(accepted.values()) > _MOST_STARTS[settings.cloud]:
        yield f"an image was scanned {max(accepted.values())} times"


def _huawei_digests(answer: Answer) -> Sequence[str]:
    assert '"is_all":false' in answer.request.body
    return [bare_digest(one["image_digest"]) for one in image_oracle_huawei.started_images(answer)]


def _is_accepted(answer: Answer) -> bool:
    """Whether a response says that a scan was started; a success with a damaged body does not."""
    if answer.request.operation in {image_oracle_alibaba.IMPORT, image_oracle_alibaba.SCAN}:
        data = answer.document.get("Data") if answer.document else None
        return isinstance(data, dict) and bool(data.get("TaskId"))
    return answer.document is not None or (answer.status in {200, 202, 204} and answer.is_empty)


def _count_violations(run: ImageRun) -> Iterator[str]:
    task, asked = run.outcome.task, set(run.sequence.settings.images)
    if task is None:
        return
    counts = task.counts
    names = {image.image for image in task.images} | {
        type(image.image)(
            registry=image.image.registry, namespace=image.image.namespace, name=image.image.name, tag=image.image.tag
        )
        for image in task.images
    }
    if not asked <= names or len(task.images) != counts.total or len(task.images) > len(asked):
        yield f"{len(asked)} images were asked for, and {counts.total} are counted"
    if (
        run.outcome.verdict.decision is Decision.PASSED
        and (counts.succeeded or 0) + (counts.failed or 0) != counts.total
    ):
        yield f"it passes with {counts}"


def _time_violations(run: ImageRun) -> Iterator[str]:
    settings = run.sequence.settings
    # A scan that was started is stopped, which may take some requests after the deadline.
    has_started = any(map(is_start, (exchange.request for exchange in run.exchanges)))
    to_stop = _TIME_TO_STOP + settings.request_timeout if has_started else 0.0
    if run.elapsed > settings.timeout + settings.request_timeout + to_stop + _TOLERANCE:
        yield f"the run ended after {run.elapsed} s"


def worse_image_violations(run: ImageRun, name: str, worse: ImageRun) -> Iterator[str]:
    """Violations of a run on worse responses than those of a run that did not pass."""
    if worse.outcome.verdict.decision is Decision.PASSED:
        yield f"a run that was {run.outcome.verdict.decision} passes with worse responses: {name}"
    yield from (f"with worse responses, {name}: {violation}" for violation in image_violations(worse))
