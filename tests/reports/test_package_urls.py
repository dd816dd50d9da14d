"""The package URLs of images (attestations.md 2)."""

from __future__ import annotations

import pytest

from gate.image import ImageRef
from gate.reports.package_urls import package_url
from tests.builders import a_digest

REPOSITORY = "repository_url=swr.example%3A8443/team/eu/Shop"


@pytest.mark.parametrize(
    ("tag", "digest", "with_tag", "expected"),
    [
        ("1.0", a_digest(), False, f"pkg:oci/shop@sha256%3A{'a' * 64}?{REPOSITORY}"),
        ("1.0", a_digest(), True, f"pkg:oci/shop@sha256%3A{'a' * 64}?{REPOSITORY}&tag=1.0"),
        ("", a_digest(), True, f"pkg:oci/shop@sha256%3A{'a' * 64}?{REPOSITORY}"),
        ("a/b&c", "", True, f"pkg:oci/shop?{REPOSITORY}&tag=a%2Fb%26c"),
    ],
)
def test_it_has_what_is_known_and_only_the_slashes_of_the_repository(
    tag: str, digest: str, expected: str, *, with_tag: bool
) -> None:
    image = ImageRef(registry="swr.example:8443", namespace="team/eu", name="Shop", tag=tag, digest=digest)

    assert package_url(image, with_tag=with_tag) == expected
