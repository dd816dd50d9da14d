"""OpenVEX documents: which statements accept findings of the images of a run, and which mistakes are errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from gate.errors import UsageError
from gate.findings.openvex import read_openvex
from gate.findings.waiver_file import JUSTIFICATIONS
from gate.image import ImageRef
from tests.builders import a_digest
from tests.schemas import published_if_stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gate.findings.openvex import VexDocument

WEB = ImageRef(registry="swr.test", namespace="team", name="web", tag="1.0", digest=a_digest())
PURL = f"pkg:oci/web@sha256%3A{'a' * 64}?repository_url=swr.test%2Fteam%2Fweb"
REPOSITORY = "pkg:oci/web?repository_url=swr.test/team/web"


TWO_NAMES = {"name": "CVE-2026-1", "aliases": ["GHSA-1"]}


def a_statement(product: str | None = PURL, **fields: Any) -> dict[str, Any]:
    """A statement that the image is not affected."""
    products = {} if product is None else {"products": [{"@id": product}]}
    return {
        "vulnerability": {"name": "CVE-2026-1"},
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
        **products,
        **fields,
    }


def affected(product: str | None = PURL, **fields: Any) -> dict[str, Any]:
    """A statement that it is affected."""
    statement = a_statement(product, status="affected", action_statement="update", **fields)
    del statement["justification"]
    return statement


def a_document(*statements: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.com/vex/1",
        "author": "security team",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": [*statements],
        **fields,
    }


def read(folder: Path, document: object, *images: ImageRef, is_valid: bool = True) -> VexDocument:
    if is_valid and (schema := published_if_stored("openvex_json_schema.json")):
        jsonschema.validate(document, json.loads(schema.read_text()))
    path = folder / "vex.json"
    path.write_text(json.dumps(document))
    (read_document,) = read_openvex([path], images or (WEB,), source="--vex")
    return read_document


def test_a_statement_about_an_image_becomes_a_waiver(tmp_path: Path) -> None:
    (waiver,) = read(tmp_path, a_document(a_statement(impact_statement="not called"))).waivers

    assert (waiver.id, waiver.images, waiver.digests) == ("CVE-2026-1", (), frozenset({a_digest()}))
    assert (waiver.reason, waiver.owner, waiver.until) == ("not called", "security team", None)
    assert (waiver.justification, waiver.is_fixed) == ("vulnerable_code_not_in_execute_path", False)
    assert (waiver.package, waiver.version) == ("", "")
    assert waiver.source == f"{tmp_path / 'vex.json'}, statement 1"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "vulnerable code not in execute path"),
        ({"status_notes": "see the ticket"}, "see the ticket"),
        ({"status_notes": ""}, "vulnerable code not in execute path"),
        ({"status_notes": ["see the ticket"]}, "vulnerable code not in execute path"),
        ({"status": "fixed"}, "vulnerable code not in execute path"),
    ],
)
def test_the_reason_is_in_its_own_words_if_it_has_some(fields: dict[str, Any], reason: str, tmp_path: Path) -> None:
    (waiver,) = read(tmp_path, a_document(a_statement(**fields)), is_valid=False).waivers

    assert waiver.reason == reason


def test_a_fixed_one_needs_no_justification(tmp_path: Path) -> None:
    statement = a_statement(status="fixed")
    del statement["justification"]

    (waiver,) = read(tmp_path, a_document(statement)).waivers

    assert (waiver.reason, waiver.justification, waiver.is_fixed) == ("fixed", "", True)


@pytest.mark.parametrize(
    ("product", "images", "digests"),
    [
        (PURL, (), {a_digest()}),
        (f"pkg:oci/web@{a_digest()}", (), {a_digest()}),
        (REPOSITORY, ("swr.test/team/web",), set()),
        (f"{REPOSITORY}&tag=1.0", ("swr.test/team/web",), set()),
        (f"swr.test/team/web@{a_digest()}", (), {a_digest()}),
        (f"team/web:2.0@{a_digest()}", (), {a_digest()}),
        ("swr.test/team/web", ("swr.test/team/web",), set()),
        ("team/web", ("team/web",), set()),
        ("team/web:1.0", ("team/web",), set()),
    ],
)
def test_a_product_is_an_image_by_digest_or_its_repository(
    product: str, images: tuple[str, ...], digests: set[str], tmp_path: Path
) -> None:
    document = a_document(a_statement(products=[{"@id": product}]))
    (waiver,) = read(tmp_path, document, is_valid=":" not in product or "pkg:" in product).waivers

    assert (waiver.images, {*waiver.digests}) == (images, digests)


@pytest.mark.parametrize(
    "product",
    [
        PURL.replace("a" * 64, "b" * 64),
        "pkg:oci/web@latest?repository_url=swr.test/team/web",
        "pkg:oci/web",
        "pkg:oci/web?repository_url=swr.test/team/*",
        "pkg:deb/debian/web?repository_url=swr.test/team/web",
        f"{REPOSITORY}&tag=2.0",
        "team/web:2.0",
        "team/other",
        "team/*",
        "web",
        "https://example.com/team/web",
        "",
    ],
)
def test_a_product_that_names_none_of_these_images_accepts_nothing(product: str, tmp_path: Path) -> None:
    document = read(tmp_path, a_document(a_statement(products=[{"@id": product}])), is_valid=False)

    assert (document.waivers, document.others) == ((), {"for other products": 1})


def test_a_statement_about_several_products_accepts_those_that_are_images_of_the_run(tmp_path: Path) -> None:
    products = [{"@id": "https://example.com/other"}, {"@id": "team/other"}, {"@id": PURL}]

    assert len(read(tmp_path, a_document(a_statement(products=products)), is_valid=False).waivers) == 1


def test_a_version_that_is_no_digest_is_that_of_no_image_also_of_one_whose_digest_is_not_known_yet(
    tmp_path: Path,
) -> None:
    by_tag = ImageRef(registry="swr.test", namespace="team", name="web", tag="1.0")
    statement = a_statement("pkg:oci/web@latest?repository_url=swr.test/team/web")

    assert read(tmp_path, a_document(statement), by_tag).waivers == ()


def test_a_statement_without_products_matches_nothing(tmp_path: Path) -> None:
    document = read(tmp_path, a_document(a_statement(None)))

    assert (document.waivers, document.others) == ((), {"without products": 1})


def test_the_digest_of_an_image_that_is_given_by_its_tag_may_be_that_of_a_product(tmp_path: Path) -> None:
    by_tag = ImageRef(registry="swr.test", namespace="team", name="web", tag="1.0")

    assert len(read(tmp_path, a_document(a_statement()), by_tag).waivers) == 1


def test_the_package_url_among_the_identifiers_is_read_too(tmp_path: Path) -> None:
    product = {"@id": "https://example.com/products/web", "identifiers": {"purl": PURL}}

    assert len(read(tmp_path, a_document(a_statement(products=[product]))).waivers) == 1


def test_components_become_packages_and_what_is_no_package_accepts_nothing(tmp_path: Path) -> None:
    names = ["pkg:deb/debian/openssl@3.0", "pkg:golang/example.org/team/core", "https://example.com/part"]
    product = {"@id": PURL, "subcomponents": [{"@id": name} for name in names]}
    nothing = {"@id": PURL, "subcomponents": [{"@id": names[2]}, {"@id": "pkg:deb/debian/"}]}

    found = read(tmp_path, a_document(a_statement(products=[product])))
    assert [(waiver.package, waiver.version) for waiver in found.waivers] == [("openssl", "3.0"), ("core", "")]
    assert read(tmp_path, a_document(a_statement(products=[nothing]))).waivers == ()


def test_the_aliases_of_a_vulnerability_are_accepted_too(tmp_path: Path) -> None:
    vulnerability = {"name": "CVE-2026-1", "aliases": ["GHSA-xxxx", "CVE-2026-1"]}

    found = read(tmp_path, a_document(a_statement(vulnerability=vulnerability)), is_valid=False)

    assert [waiver.id for waiver in found.waivers] == ["CVE-2026-1", "GHSA-xxxx"]


def test_an_alias_that_is_no_text_is_none(tmp_path: Path) -> None:
    vulnerability = {"name": "CVE-2026-1", "aliases": [1, "", None]}

    found = read(tmp_path, a_document(a_statement(vulnerability=vulnerability)), is_valid=False)

    assert [waiver.id for waiver in found.waivers] == ["CVE-2026-1"]


def test_other_statements_are_counted_by_their_status(tmp_path: Path) -> None:
    waiting = affected(vulnerability={"name": "CVE-2026-2"}) | {"status": "under_investigation"}
    others = (a_statement("team/other"), a_statement("team/more"))
    document = read(tmp_path, a_document(affected(), affected(), waiting, *others), is_valid=False)

    assert document.about_others == (
        f"statements of the VEX document {tmp_path / 'vex.json'} that accept nothing here: "
        "2 for other products, 2 affected, 1 under_investigation"
    )


@pytest.mark.parametrize(
    ("statements", "accepted"),
    [
        ([a_statement(), affected()], 0),
        ([affected(), a_statement()], 0),
        ([affected(), a_statement(timestamp="2026-01-02T00:00:00Z")], 1),
        ([affected(last_updated="2026-01-03T00:00:00Z"), a_statement(timestamp="2026-01-02T00:00:00Z")], 0),
        ([a_statement(last_updated="2026-01-03T00:00:00Z"), affected(timestamp="2026-01-02T00:00:00Z")], 0),
        ([a_statement(), affected(vulnerability={"name": "GHSA-1", "aliases": ["CVE-2026-1"]})], 0),
        ([affected(timestamp="2026-01-03T00:00:00Z"), a_statement(timestamp="2026-01-02T00:00:00Z")], 0),
        ([a_statement(), affected(REPOSITORY)], 0),
        ([a_statement(), affected(products=[{"@id": PURL, "subcomponents": [{"@id": "https://a"}]}])], 0),
        ([a_statement(vulnerability=TWO_NAMES), affected(vulnerability=TWO_NAMES)], 0),
        ([a_statement(), affected("team/other")], 1),
        ([a_statement(), affected(vulnerability={"name": "CVE-2026-2"})], 1),
    ],
    ids=[
        "affected later",
        "affected at the same time",
        "affected before",
        "changed to affected later",
        "accepted before, and changed later",
        "affected by another name",
        "affected later by its time",
        "another name of the image",
        "a part that is no package",
        "two names in both statements",
        "another image",
        "another vulnerability",
    ],
)
def test_what_is_affected_again_is_not_accepted(statements: list[Any], accepted: int, tmp_path: Path) -> None:
    assert len(read(tmp_path, a_document(*statements), is_valid=False).waivers) == accepted


def test_a_statement_about_one_platform_of_a_repository_takes_back_and_does_not_accept(tmp_path: Path) -> None:
    of_platform = f"{REPOSITORY}&arch=arm64"

    assert read(tmp_path, a_document(a_statement(of_platform))).waivers == ()
    assert read(tmp_path, a_document(a_statement(), affected(of_platform)), is_valid=False).waivers == ()
    assert len(read(tmp_path, a_document(a_statement(f"{PURL}&arch=arm64"))).waivers) == 1


def test_a_later_statement_by_an_alias_of_an_alias_takes_back_what_is_accepted(tmp_path: Path) -> None:
    linked = {"name": "GHSA-1", "aliases": ["CVE-2026-1"]}
    statements = [
        a_statement(),
        a_statement("team/other", vulnerability=linked),
        a_statement(vulnerability={"name": "OSV-1", "aliases": ["CVE-2026-1", "GHSA-1"]}),
        affected(vulnerability={"name": "GHSA-1"}),
    ]

    assert read(tmp_path, a_document(*statements), is_valid=False).waivers == ()


def test_a_later_document_takes_back_what_an_earlier_one_accepts_in_whatever_order_they_are_given(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    paths[0].write_text(json.dumps(a_document(a_statement())))
    paths[1].write_text(json.dumps(a_document(affected(), timestamp="2026-02-01T00:00:00Z")))

    for given in (paths, paths[::-1]):
        assert [document.waivers for document in read_openvex(given, (WEB,), source="--vex")] == [(), ()]


JUSTIFICATION = f"the justification of statement 1 is not one of {', '.join(JUSTIFICATIONS)}. "
MISTAKES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda document: [document], "it is not an object"),
    (lambda document: document | {"@context": "https://openvex.dev/ns/v0.3.0"}, "its @context is not https://"),
    (lambda document: document | {"@context": ""}, "it has no @context. "),
    (lambda document: document | {"@id": ""}, "it has no @id"),
    (lambda document: document | {"author": None}, "it has no author"),
    (lambda document: document | {"version": 0}, "its version is not a whole number from 1 on"),
    (lambda document: document | {"version": True}, "its version is not a whole number from 1 on"),
    (lambda document: document | {"version": "1"}, "its version is not a whole number from 1 on"),
    (lambda document: document | {"statements": []}, "it has no statements"),
    (lambda document: document | {"statements": {}}, "it has no statements"),
    (lambda document: document | {"statements": [1]}, "statement 1 is not an object"),
    (lambda document: document | {"timestamp": "today"}, "the timestamp of statement 1 is not one of RFC 3339"),
    (lambda document: document | {"timestamp": "2026-01-01"}, "the timestamp of statement 1 is not one of"),
    (lambda document: document | {"timestamp": 1}, "the timestamp of statement 1 is not one of RFC 3339"),
    (lambda _: a_document(affected(last_updated="now")), "the last_updated of statement 1 is not one of RFC 3339"),
    (lambda _: a_document(a_statement(status="safe")), "the status of statement 1 is not one of not_affected, "),
    (lambda _: a_document(a_statement(vulnerability="CVE-1")), "the vulnerability of statement 1 is not an object"),
    (lambda _: a_document(a_statement(vulnerability={})), "statement 1 has no name"),
    (lambda _: a_document(a_statement(justification="fine")), JUSTIFICATION),
    (lambda _: a_document(a_statement(justification="")), "statement 1 is not_affected and has neither a just"),
    (lambda _: a_document(a_statement(products={})), "products of statement 1 is not a list"),
    (lambda _: a_document(a_statement(products=["a"])), "a product of statement 1 is not an object"),
    (
        lambda _: a_document(a_statement(vulnerability={"name": "CVE-2026-1", "aliases": "GHSA-1"})),
        "aliases of statement 1 is not a list",
    ),
    (
        lambda _: a_document(a_statement(products=[{"@id": PURL, "subcomponents": {}}])),
        "subcomponents of statement 1 is not a list",
    ),
    (
        lambda _: a_document(a_statement(products=[{"@id": PURL, "subcomponents": ["a"]}])),
        "a component of statement 1 is not an object",
    ),
]


@pytest.mark.parametrize(("change", "what"), MISTAKES, ids=[str(number) for number in range(len(MISTAKES))])
def test_a_malformed_document_is_an_error(change: Callable[[Any], object], what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, change(a_document(a_statement())), is_valid=False)

    path = tmp_path / "vex.json"
    assert str(caught.value).startswith(f"The file {path} is not a document of OpenVEX 0.2.0: {what}")
    assert str(caught.value).endswith(" What it accepts is not known. Correct --vex or the file.")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a": 1, "a": 2}', "an object has the same key twice"),
    ],
)
def test_what_is_no_json_is_an_error(text: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "vex.json").write_text(text)

    with pytest.raises(UsageError, match=f"is not a document of OpenVEX 0.2.0: {what}"):
        read_openvex([tmp_path / "vex.json"], (WEB,), source="--vex")
