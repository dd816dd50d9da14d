"""Tests the model of a pushed image: its reference, its findings, and the images of an index."""

from __future__ import annotations

import pytest

from gate.simulator import BySeverity, Findings, Platform, PushedImage
from tests.simulator.images import digest, image

DIGEST = digest()


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        (f"team/web:1@{DIGEST}", ("", "team", "web", "1")),
        (f"team/shop/web:1.4.2@{DIGEST}", ("", "team", "shop/web", "1.4.2")),
        (f"registry.example/team/web:1@{DIGEST}", ("registry.example", "team", "web", "1")),
        (f"127.0.0.1:5000/team/web:1@{DIGEST}", ("127.0.0.1:5000", "team", "web", "1")),
    ],
)
def test_a_reference_is_parsed_into_its_parts(reference: str, parts: tuple[str, ...]) -> None:
    """The first part is a registry if it has a dot or a colon."""
    parsed = PushedImage.parse(reference, size=1)

    assert (parsed.registry, parsed.namespace, parsed.name, parsed.tag) == parts
    assert (parsed.digest, parsed.size) == (DIGEST, 1)
    assert parsed.reference == reference


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "team/web:1",
        f"team/web@{DIGEST}",
        f"team/web:@{DIGEST}",
        f"web:1@{DIGEST}",
        f"registry.example/web:1@{DIGEST}",
        f"registry.example:5000/web@{DIGEST}",
        f"team/web:1@{DIGEST}0",
        f"team/web:1@{DIGEST.removeprefix('sha256:')}",
    ],
)
def test_a_reference_without_namespace_tag_or_digest_is_not_parsed(reference: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        PushedImage.parse(reference)


def test_the_number_of_a_tag_does_not_change_with_its_digest() -> None:
    """Every tag has another one."""
    assert image("one").number == image("other").number
    assert len({image(tag="1").number, image(tag="2").number, image(registry="registry.example").number}) == 3


def test_findings_of_four_kinds_make_an_image_risky() -> None:
    """What is handled, and a sensitive file, do not."""
    one = BySeverity(low=1)

    assert all(
        Findings(**{kind: one}).is_risky for kind in ("vulnerabilities", "libraries", "malicious_files", "baseline")
    )
    assert not any(Findings(**{kind: one}).is_risky for kind in ("handled", "sensitive_files"))
    assert not Findings().is_risky


def test_counts_by_severity_can_be_added() -> None:
    total = BySeverity(critical=1, low=2) + BySeverity(high=3, medium=4, low=5)

    assert total == BySeverity(critical=1, high=3, medium=4, low=7)
    assert (total.total, total.highest) == (15, "critical")
    assert (BySeverity(low=1, medium=1).highest, BySeverity().highest) == ("medium", None)


def test_an_index_has_an_image_for_each_platform_but_none_for_an_attestation() -> None:
    """They have its tag, and digests of their own."""
    risky = Findings(baseline=BySeverity(high=1))
    index = image(
        children=(
            Platform(digest=digest("amd64")),
            Platform(digest=digest("arm64"), platform="linux/arm64", findings=risky, failure="broken"),
            Platform(digest=digest("attestation"), platform="unknown/unknown"),
        )
    )

    assert index.is_index
    assert [one.digest for one in index.platform_images] == [digest("amd64"), digest("arm64")]
    assert [(one.is_index, one.tag) for one in index.platform_images] == [(False, "1.4.2")] * 2
    assert (index.platform_images[1].findings, index.platform_images[1].failure) == (risky, "broken")
    assert not image().is_index
