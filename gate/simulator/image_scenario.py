"""Defines the scenarios of single images: what was pushed, which references a check asks for, and its exit code."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from gate.simulator.image import BySeverity, EarlierScan, Findings, Platform, PushedImage
from gate.simulator.scenario import DAY, HOUR, Scenario
from gate.simulator.task import DONE, SimulatedTask, Stage

RISKY: Final = Findings(vulnerabilities=BySeverity(high=2, medium=5))
TAG: Final = "1.4.2"


def digest(of: str) -> str:
    """The digest of a made-up image."""
    return f"sha256:{sha256(of.encode()).hexdigest()}"


WEB: Final = PushedImage(repository="team/shop/web", tag=TAG, digest=digest("web"), pushed_ago=5.0)
API: Final = PushedImage(repository="team/shop/api", tag=TAG, digest=digest("api"), pushed_ago=5.0)
KNOWN_WEB: Final = replace(WEB, pushed_ago=HOUR, listed_after=0.0)
SIMILAR: Final = (
    ("team/shop/web", f"{TAG}-rc1"),
    ("team/shop/web-admin", TAG),
    ("team-2/shop/web", TAG),
    ("team/web", TAG),
)


def _similar(*, are_risky: bool) -> tuple[PushedImage, ...]:
    """Images that a client finds by a part of a name, scanned a minute ago; that tag in another registry too."""
    earlier = EarlierScan(ago=60.0, findings=RISKY if are_risky else Findings())
    names = [PushedImage(repository=name, tag=tag, digest=digest(f"{name}:{tag}")) for name, tag in SIMILAR]
    elsewhere = replace(WEB, registry="harbor.example.com", kind="harbor", digest=digest("harbor"))
    return tuple(replace(one, pushed_ago=HOUR, listed_after=0.0, earlier=earlier) for one in (*names, elsewhere))


def _release(
    name: str,
    summary: str,
    expected_exit: int,
    web: PushedImage = WEB,
    *,
    pushed_too: tuple[PushedImage, ...] = (),
    tasks: tuple[SimulatedTask, ...] = (),
    scans_left: int | None = None,
    only_cloud: str = "",
) -> Scenario:
    """A release of two images, of which the second is clean."""
    # Similar images have the opposite result, so that a client that takes one of them gets the wrong exit code.
    return Scenario(
        name=name,
        summary=summary,
        expected_exit=expected_exit,
        tasks=tasks,
        pushes=(web, API, *pushed_too, *_similar(are_risky=expected_exit == 0)),
        images=(web.reference, API.reference),
        scans_left=scans_left,
        only_cloud=only_cloud,
    )


THEIR_SCAN: Final = SimulatedTask(
    id="7d1f3a52-0000-4000-8000-000000000001",
    name="scan-of-others",
    images=(KNOWN_WEB,),
    all_images=False,
    started_ago=30.0,
    stages=(Stage(state="running", progress=50, seconds=4), Stage(state="complete", progress=DONE)),
)
INDEX: Final = replace(
    WEB,
    children=(
        Platform(digest=digest("web/amd64")),
        Platform(digest=digest("web/arm64"), platform="linux/arm64"),
        Platform(digest=digest("web/attestation"), platform="unknown/unknown"),
    ),
)
BEFORE: Final = replace(
    KNOWN_WEB, digest=digest("web before"), pushed_ago=DAY, earlier=EarlierScan(ago=10 * 60.0, findings=Findings())
)

IMAGE_SCENARIOS: Final[Mapping[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        _release("images-clean", "Two images were just pushed, and a scan finds nothing in them.", 0),
        _release("images-risky", "A scan finds vulnerabilities in one of two images.", 1, replace(WEB, findings=RISKY)),
        _release("image-failed", "One of two images cannot be scanned.", 1, replace(WEB, failure="broken")),
        _release(
            "oversized",
            "One of two images is too large for a scan.",
            1,
            replace(WEB, failure="oversized", size=12_000_000_000),
        ),
        _release(
            "listed-late",
            "One of two images is listed eight seconds after the registry was read.",
            0,
            replace(WEB, sync_lag=8.0),
        ),
        _release(
            "tag-moved",
            "The tag of one of two images has been pushed again, with another digest.",
            7,
            replace(WEB, pushed_ago=20.0),
            pushed_too=(replace(WEB, digest=digest("web again")),),
        ),
        _release(
            "old-result",
            "One of two images was clean three days ago, and a new scan finds vulnerabilities.",
            1,
            replace(KNOWN_WEB, pushed_ago=5 * DAY, findings=RISKY, earlier=EarlierScan(ago=3 * DAY)),
        ),
        _release(
            "tag-reused",
            "The tag of one of two images was clean ten minutes ago, before this image was pushed under it.",
            1,
            replace(WEB, listed_after=0.0, findings=RISKY),
            pushed_too=(BEFORE,),
        ),
        _release(
            "already-scanning",
            "One of two images is being scanned already, for four more seconds.",
            0,
            KNOWN_WEB,
            tasks=(THEIR_SCAN,),
        ),
        _release("index", "One of two images is an index of two platforms and an attestation.", 7, INDEX),
        _release("scan-quota-used-up", "No image can be scanned any more.", 4, scans_left=0),
        _release(
            "results-late",
            "One of two images shows the end of its scan four seconds before the vulnerabilities that it found.",
            1,
            replace(KNOWN_WEB, pushed_ago=5 * DAY, findings=RISKY, results_lag=4.0, earlier=EarlierScan(ago=3 * DAY)),
        ),
        _release(
            "wrong-enterprise-project",
            "One of two images is in another enterprise project; Alibaba Cloud has none.",
            7,
            replace(WEB, enterprise_project="0f3b9c1e-7a52-4c55-9d55-2b1c7e0e9a11"),
            only_cloud="huawei",
        ),
        _release(
            "other-plane",
            "One of two images is in a registry that the service of another place looks after.",
            7,
            replace(WEB, on_other_plane=True),
        ),
    )
}
