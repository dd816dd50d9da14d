"""The runs without stored keys that faults are injected into, and every request of their sign-in.

A session is valid for 15 minutes, and at the poll after 12 minutes it is renewed. A long scan is over after 35 minutes:
without renewals, there are no credentials any more by then, nor are there with those of a second role that the first
one has still renewed. A short scan is over after 11 minutes, so that its last poll is within the first session.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gate.simulator import Scenario, SimulatedTask, Stage
from tests.matrix.injection_points import ALIBABA, HUAWEI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MINUTE: Final = 60.0
SESSION: Final = 15 * MINUTE
TIMEOUT: Final = 50 * MINUTE
REQUEST_TIMEOUT: Final = 5.0
OPTIONS: Final = (
    *("--timeout", f"{TIMEOUT:g}s", "--session-duration", f"{SESSION:g}s", "--settle", "0"),
    *("--request-timeout", f"{REQUEST_TIMEOUT:g}s", "--poll-interval", "4m"),
)
TOKEN: Final = "GitHubToken"
WAYS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    HUAWEI: {
        "role": (TOKEN, "AssumeAgencyWithOIDC"),
        "chained": (TOKEN, "AssumeAgencyWithOIDC", "AssumeAgency"),
        "iam": (TOKEN, "CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"),
    },
    ALIBABA: {
        "role": (TOKEN, "AssumeRoleWithOIDC"),
        "chained": (TOKEN, "AssumeRoleWithOIDC", "AssumeRole"),
    },
}
"""The operations of each way to sign in, in the order in which they are called."""
OPTIONS_OF: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    HUAWEI: {
        "role": ("agency_urn", "oidc_provider_urn"),
        "chained": ("agency_urn", "oidc_provider_urn", "assume_agency_urn"),
        "iam": ("identity_provider_id",),
    },
    ALIBABA: {
        "role": ("role_arn", "oidc_provider_arn"),
        "chained": ("role_arn", "oidc_provider_arn", "assume_role_arn"),
    },
}
"""What each way is given of what the simulated account describes."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A request of the sign-in: the first one, or that of the renewals."""

    cloud: str
    way: str
    operation: str
    is_renewal: bool = False
    """Whether the second request and all later ones are meant."""
    is_long: bool = False
    """Whether the run outlives the first session."""

    def __str__(self) -> str:
        when = ("renewal" if self.is_long else "renewal-before-the-end") if self.is_renewal else "first"
        return f"{self.cloud}-{self.way}-{self.operation}-{when}"

    @property
    def scenario(self) -> Scenario:
        """The account, in which one scan is running."""
        return a_long_scan((35 if self.is_long else 11) * MINUTE)


def a_long_scan(seconds: float) -> Scenario:
    """An account in which one scan takes so long from now on, and finds nothing."""
    stages = (Stage(state="running", progress=50, seconds=seconds), Stage(state="complete", progress=100))
    task = SimulatedTask(id="5e55-10f0", name="long-scan", started_ago=0.0, stages=stages)
    return Scenario(name="long-scan", summary="", expected_exit=0, tasks=(task,))


def _points() -> Iterator[Point]:
    for cloud, ways in WAYS.items():
        for way, operations in ways.items():
            for operation in operations:
                # The token is requested in the same way, whatever it is exchanged for.
                if operation == TOKEN and (cloud, way) != (HUAWEI, "role"):
                    continue
                yield Point(cloud=cloud, way=way, operation=operation)
                yield Point(cloud=cloud, way=way, operation=operation, is_renewal=True)
                yield Point(cloud=cloud, way=way, operation=operation, is_renewal=True, is_long=True)


POINTS: Final = tuple(_points())
