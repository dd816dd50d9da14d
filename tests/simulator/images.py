"""Provides images that tests push to the simulated registries."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from gate.simulator import BySeverity, Findings, PushedImage

RISKY = Findings(vulnerabilities=BySeverity(high=2, medium=1, low=4))
REPOSITORY = "team/shop/web"
TAG = "1.4.2"


def digest(of: str = "web") -> str:
    """The digest of a made-up image."""
    return f"sha256:{sha256(of.encode()).hexdigest()}"


def image(of: str = "web", *, tag: str = TAG, repository: str = REPOSITORY, **others: Any) -> PushedImage:
    """An image of this repository; others of the same name have the same digest."""
    return PushedImage(repository=repository, tag=tag, digest=digest(of), **others)


def listed(of: str = "web", **others: Any) -> PushedImage:
    """An image that the security service knows since a minute."""
    return image(of, **{"pushed_ago": 60.0, "listed_after": 0.0, **others})
