"""Renders the pictures of the documentation: `python -m tools.pictures`.

It needs Chromium and a font with emoji. The outcome is invented; the log of the GitLab job was printed by
gitlab-ci-local (docs/images/gitlab-job.txt), and a test keeps what the gate prints in it up to date.
"""

from __future__ import annotations

import html
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from gate import __version__
from gate.finding import Finding, FindingPolicy, Waiver
from gate.findings.evaluate import evaluated
from gate.findings.waivers import waiver_uses
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage, Severity
from gate.images.counts import as_task
from gate.images.judge import judge_images
from gate.outcome import Event, EventKind, Outcome
from gate.policy import Policy, judge
from gate.reports import markdown
from gate.reports.html import render
from gate.run_context import Job, RunContext
from gate.scan import RISK_SCOPES, Counts, ScanScope, ScanTask, TaskState
from gate.settings import Settings
from tools.browser import browser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.policy import Verdict

IMAGES = Path(__file__).parent.parent / "docs" / "images"
_STARTED_AT = datetime(2026, 11, 20, 15, 42, 7, tzinfo=UTC)
_FAILED = (
    ("shop/checkout", "4.12.0", "download_failed"),
    ("shop/checkout-worker", "4.12.0", "download_failed"),
    ("shop/catalogue", "2.8.1", "image_oversized"),
    ("shop/search", "2.8.1", "scan_timeout"),
    ("billing/invoices", "1.30.4", "download_failed"),
    ("billing/ledger", "1.30.4", "image_oversized"),
    ("billing/ledger-migrations", "1.30.4", "unsupported_manifest"),
    ("platform/gateway", "9.0.2", "scan_timeout"),
    ("platform/identity", "9.0.2", "download_failed"),
    ("platform/mail-renderer", "9.0.0-rc.3", "unsupported_manifest"),
    ("reports/nightly-export", "0.17.5", "image_oversized"),
    ("reports/warehouse-sync", "0.17.5", ""),
)
_POLLS = ((0, 4), (20, 9), (41, 17), (62, 26), (84, 38), (110, 51), (145, 66), (190, 83), (243, None))

_RELEASE: dict[str, tuple[int, ...]] = {
    "shop/checkout": (0, 0, 0),
    "shop/checkout-worker": (0, 0, 2),
    "shop/catalogue": (2, 5, 11),
    "shop/search": (0, 0, 0),
    "billing/invoices": (0, 3, 6),
    "billing/ledger": (),
    "billing/ledger-migrations": (0, 0, 0),
    "platform/gateway": (0, 0, 0),
    "platform/identity": (0, 0, 0),
    "platform/mail-renderer": (0, 0, 1),
    "reports/nightly-export": (0, 0, 0),
    "reports/warehouse-sync": (0, 0, 0),
}
"""The vulnerabilities of each image, of high, medium and low severity; none of one that could not be scanned."""
_PACKAGES = ("openssl", "curl", "zlib", "expat", "libxml2", "sqlite", "bash", "glibc", "perl", "systemd", "tar")
_LEVELS = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_WAIVER = Waiver(
    id="CVE-2026-4100",
    images=("shop/*",),
    package="openssl",
    reason="The function is not called; see SEC-142.",
    owner="security team",
    until=date(2026, 11, 30),
    source="waivers.toml, waiver 1",
)
_MOVED = "platform/gateway"

_END = "Math.round(document.querySelectorAll('#images tbody tr')[4].getBoundingClientRect().bottom) + 8"
"""The height of a picture that ends below the fifth image."""
_WHOLE = "Math.ceil(document.documentElement.getBoundingClientRect().height)"
_GITHUB = """
body { margin: 0; background: #fff; font: 16px/1.5 -apple-system, "Segoe UI", "Noto Sans", sans-serif; color: #1f2328 }
article { max-width: 900px; margin: 24px; padding: 24px 32px; border: 1px solid #d1d9e0; border-radius: 6px }
h2, h3 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; margin: 0 0 16px } h3 { border: 0 }
table { border-collapse: collapse; margin: 0 0 16px } th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
tbody tr:nth-child(even) { background: #f6f8fa } code { background: #eff1f3; padding: .2em .4em; border-radius: 6px;
  font: 85% ui-monospace, "DejaVu Sans Mono", monospace }
"""
_TERMINAL = """
body { margin: 0; background: #fff } pre { margin: 0; padding: 24px; background: #1f1e24; color: #ececef;
  font: 14px/1.6 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap }
"""


_SHOP = "https://github.com/example/shop"
_CONTEXT = RunContext(
    region="cn-north-4",
    account="0123456789abcdef0123456789abcdef",
    job=Job(
        ci="github",
        repository="example/shop",
        repository_url=_SHOP,
        commit="5f1c3a7d9b2e4c6f8a0b1d3e5f7a9c1b3d5e7f90",
        branch="main",
        pipeline="18273645",
        pipeline_url=f"{_SHOP}/actions/runs/18273645/attempts/1",
        name="release",
    ),
    policy_sources={"max-risky": "--max-risky", "waivers": "--waivers", "max-age": "default"},
)


def blocked() -> Outcome:
    """A blocked release of 148 images: twelve could not be scanned, three are risky."""
    last, policy = _task(None), Policy(max_failed=5, started_after=_STARTED_AT - timedelta(minutes=3))
    return Outcome(
        cloud="huawei",
        verdict=judge(last, policy, now=_STARTED_AT + timedelta(seconds=251)),
        policy=policy,
        task=last,
        events=tuple(_events()),
        seconds=243.4,
        gate_version=__version__,
        generated_at=_STARTED_AT + timedelta(seconds=251),
    )


def release() -> Outcome:
    """A blocked release of twelve images: two are risky, one could not be scanned, and a finding is waived."""
    findings = FindingPolicy(severity_cutoff=Severity.MEDIUM, max_findings={Severity.HIGH: 0}, waivers=(_WAIVER,))
    found = [_image(path, counts) for path, counts in _RELEASE.items()]
    images = evaluated(found, findings, _STARTED_AT.date())
    waiting = as_task(tuple(replace(image, state=ImageState.WAITING) for image in images))
    polls = [waiting, as_task((*images[:7], *waiting.images[7:])), as_task(images)]
    policy, now = Policy(max_risky=1, findings=findings), _STARTED_AT + timedelta(seconds=150)
    events = [Event(kind=EventKind.POLL, at=at, task=task) for at, task in zip((0.4, 62.1, 118.7), polls, strict=True)]
    starting = "starting a scan of 12 of 12 images, as one; the cloud may charge for it"
    events.insert(1, Event(kind=EventKind.ACTION, at=0.5, text=starting))
    return Outcome(
        cloud="huawei",
        verdict=_judged(polls[-1], policy, now),
        policy=policy,
        context=_CONTEXT,
        task=polls[-1],
        waivers=waiver_uses(findings.waivers, images, _STARTED_AT.date()),
        events=tuple(events),
        seconds=118.9,
        gate_version=__version__,
        generated_at=now,
    )


def _judged(task: ScanTask, policy: Policy, now: datetime) -> Verdict:
    settings = Settings(cloud="huawei", policy=policy, images=tuple(image.image for image in task.images))
    return judge_images(task, settings, now=now, is_settled=True, is_time_up=False, where="Huawei Cloud")


def _image(path: str, counts: tuple[int, ...]) -> ScannedImage:
    namespace, name = path.split("/")
    digest = f"sha256:{sha256(path.encode()).hexdigest()}"
    image = ImageRef(registry="registry.example.com", namespace=namespace, name=name, tag="4.12.0", digest=digest)
    if not counts:
        return ScannedImage(image=image, state=ImageState.FAILED, reason="image_oversized")
    severities = dict(zip(_LEVELS, counts, strict=True))
    return ScannedImage(
        image=image,
        state=ImageState.SCANNED,
        scanned_at=_STARTED_AT + timedelta(seconds=60 + sum(counts)),
        scopes=RISK_SCOPES,
        kinds={ScanScope.VULNERABILITY: sum(counts)},
        severities=severities,
        findings=tuple(_findings(severities)),
        is_risky=sum(counts) > 0,
        moved_to=f"sha256:{sha256(digest.encode()).hexdigest()}" if path == _MOVED else "",
    )


def _findings(severities: Mapping[Severity, int]) -> Iterator[Finding]:
    for level, number in severities.items():
        for place, package in enumerate(_PACKAGES[:number]):
            yield Finding(
                id=f"CVE-2026-{4100 + 300 * _LEVELS.index(level) + place}",
                package=package,
                version=f"{place + 1}.{place * 3}.2",
                severity=level,
                raw_severity=level,
                kind=ScanScope.VULNERABILITY,
            )


def _task(progress: int | None) -> ScanTask:
    is_complete = progress is None
    return ScanTask(
        id="0e719c2a-4fa2-5934-a2ce-38c317df1432",
        name="release-2026-11-20",
        type="manual",
        scopes=frozenset(ScanScope),
        covers_all_images=True,
        image_type="registry",
        state=TaskState.COMPLETE if is_complete else TaskState.RUNNING,
        raw_state="100" if is_complete else "50",
        progress=progress,
        started_at=_STARTED_AT,
        ended_at=_STARTED_AT + timedelta(seconds=246) if is_complete else None,
        counts=Counts(total=148, succeeded=136, failed=12, risky=3),
        failed_images=tuple(_failed(*failed) for failed in _FAILED) if is_complete else (),
    )


def _failed(path: str, tag: str, reason: str) -> FailedImage:
    namespace, name = path.split("/")
    registry = "registry.example.com"
    return FailedImage(
        image=ImageRef(registry=registry, namespace=namespace, name=name, tag=tag, digest=""), reason=reason
    )


def _events() -> list[Event]:
    events = [Event(kind=EventKind.NOTE, at=0.0, text="Signed in with an access key to cn-north-4.")]
    for (at, progress), (following, _) in zip(_POLLS, (*_POLLS[1:], (0, None)), strict=True):
        polled_at = at + 0.4
        events.append(Event(kind=EventKind.POLL, at=polled_at, task=_task(progress)))
        if at == 110:  # noqa: PLR2004 - one poll is throttled first
            fault = "The cloud answered 429 (APIGW.0308): too many calls."
            events.append(Event(kind=EventKind.RETRY, at=following - 6.0, text=fault, pause=5.8))
        if following:
            waiting = f"the task is running, {progress} %"
            events.append(Event(kind=EventKind.PAUSE, at=polled_at, text=waiting, pause=following - at - 0.5))
    return sorted(events, key=lambda event: event.at)


def summary() -> str:
    """The job summary as a page, in a style like that of GitHub."""
    page = MarkdownIt("commonmark").enable("table").render("".join(markdown.render(release())))
    return f"<!doctype html><meta charset=utf-8><style>{_GITHUB}</style><article>{page}</article>"


def job() -> str:
    """The log of the GitLab job as a page."""
    log = html.escape((IMAGES / "gitlab-job.txt").read_text(encoding="utf-8"))
    return f"<!doctype html><meta charset=utf-8><style>{_TERMINAL}</style><pre>{log}</pre>"


def main() -> None:
    """Renders all pictures and prints their sizes."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    report = "".join(render(release()))
    pictures = {
        "report-light": (report, "light", _END),
        "report-dark": (report, "dark", _END),
        "github-summary": (summary(), "light", _WHOLE),
        "gitlab-job": (job(), "light", _WHOLE),
    }
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        for name, (text, scheme, end) in pictures.items():
            file = Path(folder) / f"{name}.html"
            file.write_text(text, encoding="utf-8")
            page.open(file, scheme=scheme)
            picture = IMAGES / f"{name}.png"
            picture.write_bytes(page.screenshot(height=page.run(end)))
            print(f"{picture.name}: {picture.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
