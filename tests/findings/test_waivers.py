"""Which waiver covers which finding, and what is said of waivers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.findings.waivers import WaiverIndex, covers_image, waiver_uses
from gate.image import ImageRef
from gate.scan import ScanScope
from tests.builders import NOW, a_digest, a_finding, a_waiver, an_image

if TYPE_CHECKING:
    from gate.finding import Waiver

TODAY = NOW.date()
WEB = ImageRef(registry="swr.test", namespace="team", name="web/front", tag="1.0", digest=a_digest())


@pytest.mark.parametrize(
    ("pattern", "covers"),
    [
        ("*", True),
        ("team/web/front", True),
        ("swr.test/team/web/front", True),
        ("team/*", True),
        ("*/web/front", True),
        ("team/web", False),
        ("web/front", False),
        ("Team/web/front", False),
        ("team/web/front:1.0", False),
        ("", False),
    ],
)
def test_a_scope_is_a_repository_with_or_without_its_registry(pattern: str, covers: bool) -> None:  # noqa: FBT001
    assert covers_image(a_waiver(images=(pattern,)), WEB) is covers


def test_a_scope_covers_an_image_without_a_namespace_by_its_name() -> None:
    assert covers_image(a_waiver(images=("web",)), ImageRef(registry="swr.test", name="web"))


def test_an_empty_scope_covers_nothing_and_a_digest_exactly_one_image() -> None:
    assert not covers_image(a_waiver(images=()), WEB)
    assert covers_image(a_waiver(images=(), digests=frozenset({a_digest()})), WEB)
    assert not covers_image(a_waiver(images=(), digests=frozenset({a_digest("b")})), WEB)
    assert not covers_image(
        a_waiver(images=(), digests=frozenset({""})), ImageRef(registry="r", namespace="n", name="i")
    )


@pytest.mark.parametrize(("days", "is_waived"), [(1, True), (0, True), (-1, False)])
def test_a_waiver_counts_to_the_end_of_its_last_day(days: int, is_waived: bool) -> None:  # noqa: FBT001
    waiver = a_waiver(until=TODAY + timedelta(days=days))

    assert (WaiverIndex.of([waiver], TODAY).waiver_of(a_finding(), WEB) is waiver) is is_waived


@pytest.mark.parametrize(
    ("id", "cves", "waived", "is_waived"),
    [
        ("X-1", (), ["X-1"], True),
        ("X-1", ("CVE-1", "CVE-2"), ["X-1"], True),
        ("X-1", ("CVE-1", "CVE-2"), ["CVE-1", "CVE-2"], True),
        ("X-1", ("CVE-1", "CVE-2"), ["CVE-1"], False),
        ("X-1", ("CVE-1", "CVE-2"), ["CVE-2"], False),
        ("CVE-1", ("CVE-1", "CVE-2"), ["CVE-1"], False),
        ("CVE-1", ("CVE-1",), ["CVE-1"], True),
        ("X-1", (), ["CVE-1"], False),
    ],
)
def test_a_bundle_of_cves_is_waived_by_its_own_id_or_if_all_of_them_are(
    id: str,  # noqa: A002 - the field's own name
    cves: tuple[str, ...],
    waived: list[str],
    is_waived: bool,  # noqa: FBT001
) -> None:
    index = WaiverIndex.of(map(a_waiver, waived), TODAY)

    assert bool(index.waiver_of(a_finding(id, cves=cves), WEB)) is is_waived


@pytest.mark.parametrize("waiver", [a_waiver("CVE-2026-1"), a_waiver("/app/miner", until=None)])
def test_a_cve_or_a_statement_of_vex_covers_no_other_kind_of_finding(waiver: Waiver) -> None:
    """A malicious file can have the name of a CVE, and only a waiver with a last day may accept it by its path."""
    index = WaiverIndex.of([waiver], TODAY)

    assert index.waiver_of(a_finding(waiver.id), WEB)
    assert not index.waiver_of(a_finding(waiver.id, kind=ScanScope.MALICIOUS_FILE), WEB)


def test_a_waiver_of_one_version_leaves_the_same_finding_in_another_or_an_unknown_one_open() -> None:
    index = WaiverIndex.of([a_waiver(package="log4j-core", version="2.17")], TODAY)
    waived = [bool(index.waiver_of(a_finding(package="log4j-core", version=one), WEB)) for one in ("2.17", "2.14", "")]

    assert waived == [True, False, False]


def test_a_waiver_of_one_package_leaves_the_same_finding_in_another_open() -> None:
    index = WaiverIndex.of([a_waiver(package="openssl")], TODAY)

    assert index.waiver_of(a_finding(package="openssl"), WEB)
    assert not index.waiver_of(a_finding(package="openssl-devel"), WEB)


def test_of_two_waivers_the_first_one_in_force_counts() -> None:
    expired, first, second = a_waiver(until=TODAY - timedelta(days=1)), a_waiver(reason="first"), a_waiver()

    assert WaiverIndex.of([expired, first, second], TODAY).waiver_of(a_finding(), WEB) is first


@pytest.mark.parametrize(
    ("days", "is_expired", "ends_soon"),
    [(-1, True, False), (0, False, True), (14, False, True), (15, False, False)],
)
def test_a_waiver_is_named_when_it_has_ended_and_for_fourteen_days_before(
    days: int,
    is_expired: bool,  # noqa: FBT001
    ends_soon: bool,  # noqa: FBT001
) -> None:
    image = an_image(findings=(a_finding(), a_finding(package="curl")))
    (use,) = waiver_uses([a_waiver(until=TODAY + timedelta(days=days))], [image], TODAY)

    assert (use.matches, use.is_expired, use.ends_soon) == (2, is_expired, ends_soon)


def test_a_waiver_without_an_end_never_ends() -> None:
    (use,) = waiver_uses([a_waiver(until=None)], [], TODAY)

    assert (use.matches, use.is_expired, use.ends_soon) == (0, False, False)


LISTED = an_image(findings=(a_finding("X-1"),))


@pytest.mark.parametrize(
    ("waiver", "is_unused"),
    [
        (a_waiver("X-1"), False),
        (a_waiver("X-2"), True),
        (a_waiver("X-1", package="curl"), True),
        (a_waiver("X-2", images=("team/other",)), False),
        (a_waiver("X-2", images=()), False),
        (a_waiver("X-2", until=None), False),
    ],
    ids=["used", "unused", "another package", "another image", "no image", "a statement of VEX"],
)
def test_unused_is_a_waiver_for_one_of_these_images_that_matches_nothing(waiver: Waiver, is_unused: bool) -> None:  # noqa: FBT001
    (use,) = waiver_uses([waiver], [LISTED], TODAY)

    assert use.is_unused is is_unused


@pytest.mark.parametrize("fields", [{"findings": None}, {"findings": (), "findings_doubt": "one page is missing"}])
def test_no_waiver_is_unused_while_findings_of_an_image_in_its_scope_are_unknown(fields: dict[str, Any]) -> None:
    images = [LISTED, an_image("api", **fields)]
    everywhere, here = a_waiver("X-2"), a_waiver("X-2", images=("team/web",))

    assert [use.is_unused for use in waiver_uses([everywhere, here], images, TODAY)] == [False, True]
