"""Generated findings, images and policies: few names, so that they meet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from gate.finding import FindingPolicy, KnownFinding
from gate.findings.evaluate import evaluated, today
from gate.image import Severity
from gate.images.counts import as_task
from gate.images.judge import judge_images
from gate.policy import Decision, Policy
from gate.scan import RISK_SCOPES, ScanScope
from gate.settings import Settings
from tests.builders import NOW, a_finding, a_waiver, an_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.image import ScannedImage
    from gate.policy import Verdict

IDS = ("X-1", "X-2", "CVE-1")
CVES = ("CVE-1", "CVE-2")
PACKAGES = ("openssl", "")
LEVELS = (Severity.UNKNOWN, Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
FINDINGS = st.builds(
    a_finding,
    st.sampled_from(IDS),
    severity=st.sampled_from([*Severity]),
    kind=st.sampled_from([*RISK_SCOPES, ScanScope.SENSITIVE_INFORMATION]),
    package=st.sampled_from(PACKAGES),
    is_fixable=st.sampled_from([True, False, None]),
    cves=st.sampled_from([(), CVES[:1], CVES]),
    handled=st.sampled_from(["", "whitelisted"]),
)
IMAGES = st.lists(
    st.builds(
        an_image,
        st.sampled_from(["web", "api"]),
        findings=st.lists(FINDINGS, max_size=4).map(tuple),
        findings_doubt=st.sampled_from(["", "", "", "one page is missing"]),
        is_risky=st.sampled_from([True, True, False, None]),
    ),
    min_size=1,
    max_size=2,
)
WAIVERS = st.builds(
    a_waiver,
    st.sampled_from([*IDS, *CVES]),
    package=st.sampled_from(["", *PACKAGES]),
    version=st.sampled_from(["", "", "3.0.1", "3.0.2"]),
    until=st.sampled_from([NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=20)]),
    images=st.sampled_from([("*",), ("team/web",), ("swr/team/a*",), ()]),
)
BASELINES = st.dictionaries(
    st.builds(
        KnownFinding,
        id=st.sampled_from(IDS),
        package=st.sampled_from(PACKAGES),
        kind=st.sampled_from([*RISK_SCOPES]),
        repository=st.sampled_from(["swr/team/web", "swr/team/api"]),
        number=st.sampled_from([1, 1, 2]),
    ),
    st.sampled_from([*Severity]),
    max_size=4,
)
POLICIES = st.builds(
    Policy,
    max_risky=st.sampled_from([0, 0, 1]),
    findings=st.builds(
        FindingPolicy,
        severity_cutoff=st.sampled_from([None, *LEVELS[1:], Severity.NONE]),
        max_findings=st.dictionaries(st.sampled_from(LEVELS), st.sampled_from([0, 1, 3]), max_size=2),
        only_fixable=st.booleans(),
        waivers=st.lists(WAIVERS, max_size=4).map(tuple),
        baseline=st.one_of(st.none(), BASELINES),
    ),
)


def judged(images: Iterable[ScannedImage], policy: Policy) -> Verdict:
    """The verdict on images as a cloud shows them."""
    task = as_task(evaluated(images, policy.findings, today(policy.findings, NOW)))
    settings = Settings(cloud="huawei", policy=policy, images=tuple(image.image for image in task.images))
    return judge_images(task, settings, now=NOW, is_settled=True, is_time_up=False, where="Cloud (here)")


def is_unblocked(before: Verdict, after: Verdict) -> bool:
    """Whether a block has become a pass."""
    return before.decision is Decision.BLOCKED and after.decision is Decision.PASSED
