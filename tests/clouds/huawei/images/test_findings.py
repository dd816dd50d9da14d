"""The findings of single images in HSS: what is asked for, and what leaves a doubt instead of a shorter list."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotAuthorised, NotUnderstood, Refused, TransientError
from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope
from gate.simulator import BySeverity, EarlierScan, Findings, Simulator, Unverified, error_response
from gate.simulator.huawei.findings import SECRET
from gate.simulator.quota import Quota
from tests.builders import NOW
from tests.clouds.huawei.images.builders import (
    INSTANCE_HOST,
    a_digest,
    a_push,
    a_ref,
    connected,
    in_ms,
    listed,
    operations,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clouds import ImageScans
    from gate.errors import GateError
    from gate.image import ImageRef, ScannedImage
    from tests.builders import FakeTime

ROWS, VULNERABILITIES, MALWARE = "ListRegistryImages", "ListImageVulnerabilities", "ListImageMalware"
BASELINES, SENSITIVE = "ListImageRiskConfigs", "ListImageSensitive"
LISTS = (VULNERABILITIES, MALWARE, BASELINES, SENSITIVE)
EVERY = RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION}
IMAGE, OTHER = a_ref(), a_ref("api", number=2)
RISKY = Findings(
    vulnerabilities=BySeverity(high=2, medium=1, low=1),
    libraries=BySeverity(high=1),
    handled=BySeverity(high=1),
    malicious_files=BySeverity(high=1),
    baseline=BySeverity(medium=2),
    sensitive_files=BySeverity(critical=1),
)
Document = dict[str, Any]


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project with one image, each of whose vulnerabilities has one row."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        simulator.account.unverified = Unverified(repeats_vulnerabilities=False)
        simulator.push(scanned())
        yield simulator


def scanned(name: str = "shop/web", findings: Findings = RISKY, **others: Any) -> Any:
    """A push of an image that was scanned half a minute ago."""
    return listed(name, earlier=EarlierScan(ago=30, findings=findings), **others)


def with_findings(scans: ImageScans, *images: ImageRef, kinds: Any = RISK_SCOPES) -> tuple[ScannedImage, ...]:
    """The images as they are, with their findings."""
    return scans.with_findings(scans.look(images), kinds)


def found(simulator: Simulator, time: FakeTime, image: ImageRef = IMAGE, *, kinds: Any = RISK_SCOPES) -> ScannedImage:
    """One image with its findings."""
    scans, _ = connected(simulator, time)
    (one,) = with_findings(scans, image, kinds=kinds)
    return one


def calls_of(simulator: Simulator) -> Counter[str]:
    """How often each list of findings was asked for."""
    return Counter(one for one in operations(simulator) if one in LISTS)


def rewriting(operation: str, change: Callable[[Document], Any]) -> Callable[[str, Document], Any]:
    """Changes the documents of one operation."""
    return lambda name, document: change(document) if name == operation else document


def with_every_row(**fields: Any) -> Callable[[Document], Document]:
    """Changes all rows of a document."""
    return lambda document: {**document, "data_list": [{**row, **fields} for row in document["data_list"]]}


def by_kind(image: ScannedImage) -> dict[ScanScope, list[Severity]]:
    """The severities of the findings by kind."""
    return {
        kind: sorted(one.severity for one in image.findings or () if one.kind is kind)
        for kind in ScanScope
        if any(one.kind is kind for one in image.findings or ())
    }


# What is listed.


def test_all_findings_that_make_an_image_risky_are_listed(simulator: Simulator, fake_time: FakeTime) -> None:
    image = found(simulator, fake_time)

    assert by_kind(image) == {
        ScanScope.VULNERABILITY: sorted([Severity.HIGH] * 4 + [Severity.MEDIUM, Severity.LOW]),
        ScanScope.MALICIOUS_FILE: [Severity.UNKNOWN],
        ScanScope.BASELINE: [Severity.MEDIUM, Severity.MEDIUM],
    }
    assert image.findings_doubt == ""
    assert image.image == IMAGE


def test_a_finding_that_was_handled_in_the_console_is_listed_with_that_word(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """Whether HSS lists it unasked is not documented."""
    found_either = []
    for is_listed_unasked in (True, False):
        simulator.account.unverified = Unverified(
            repeats_vulnerabilities=False, lists_handled_vulnerabilities=is_listed_unasked
        )
        found_either.append(found(simulator, fake_time))
    image, other = found_either
    handled = [one for one in image.findings or () if one.handled]

    assert image == other
    assert [(one.handled, one.severity) for one in handled] == [("handled", Severity.HIGH)]


def test_a_finding_that_is_handled_in_between_is_one_and_not_two(simulator: Simulator, fake_time: FakeTime) -> None:
    asked: list[Document] = []

    def rewrite(document: Document) -> Document:
        asked.append(document)
        rows = [*document["data_list"], *(asked[0]["data_list"][-1:] if len(asked) == 2 else ())]
        return {"data_list": rows, "total_num": len(rows)}

    simulator.rewrite = rewriting(VULNERABILITIES, rewrite)
    image = found(simulator, fake_time)
    of_kind = [one for one in image.findings or () if one.kind is ScanScope.VULNERABILITY]

    assert (len(of_kind), sum(bool(one.handled) for one in of_kind)) == (6, 2)


def test_a_vulnerability_of_two_packages_is_two_findings(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.account.unverified = Unverified(repeats_vulnerabilities=True)
    image = found(simulator, fake_time)
    of_kind = [one for one in image.findings or () if one.kind is ScanScope.VULNERABILITY]

    assert len({one.id for one in of_kind}) == 6
    assert len({(one.id, one.package) for one in of_kind}) == len(of_kind) == 8
    assert image.findings_doubt == ""


def test_all_pages_are_read(simulator: Simulator, fake_time: FakeTime) -> None:
    """The most severe ones are on the last page."""
    simulator.push(scanned("api", Findings(vulnerabilities=BySeverity(low=400, high=3)), number=2))
    image = found(simulator, fake_time, OTHER)

    assert Counter(one.severity for one in image.findings or ()) == {Severity.LOW: 400, Severity.HIGH: 3}
    assert image.findings_doubt == ""
    assert calls_of(simulator) == {VULNERABILITIES: 4}


def test_sensitive_information_is_listed_only_where_it_counts_and_its_content_is_nowhere(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    image = found(simulator, fake_time, kinds=EVERY)

    assert by_kind(image)[ScanScope.SENSITIVE_INFORMATION] == [Severity.CRITICAL]
    assert SECRET not in repr(image)
    assert ScanScope.SENSITIVE_INFORMATION not in by_kind(found(simulator, fake_time))


@pytest.mark.parametrize("registry", [INSTANCE_HOST, "harbor.example.com"])
def test_findings_of_other_registries_are_listed(simulator: Simulator, fake_time: FakeTime, registry: str) -> None:
    kind = "enterprise" if registry == INSTANCE_HOST else "harbor"
    findings = Findings(vulnerabilities=BySeverity(high=1), malicious_files=BySeverity(high=1))
    simulator.push(scanned("api", findings, number=2, registry=registry, kind=kind))
    image = found(simulator, fake_time, replace(OTHER, registry=registry))

    assert (len(image.findings or ()), image.findings_doubt) == (2, "")


# What it takes.


def test_a_kind_that_the_rows_count_none_of_is_not_asked_for(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(scanned("api", Findings(baseline=BySeverity(low=1)), number=2))
    image = found(simulator, fake_time, OTHER)

    assert by_kind(image) == {ScanScope.BASELINE: [Severity.LOW]}
    assert calls_of(simulator) == {BASELINES: 1}


def test_an_image_without_findings_takes_no_call(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(scanned("api", Findings(), number=2))
    image = found(simulator, fake_time, OTHER)

    assert (image.findings, image.findings_doubt) == ((), "")
    assert operations(simulator) == [ROWS]


def test_the_rows_of_all_images_are_looked_at_once_more_and_no_other_call_is_repeated(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.push(scanned("api", number=2))
    scans, _ = connected(simulator, fake_time)
    images = with_findings(scans, IMAGE, OTHER)

    assert [one.image for one in images] == [IMAGE, OTHER]
    assert all(one.findings and not one.findings_doubt for one in images)
    assert operations(simulator).count(ROWS) == 2
    assert calls_of(simulator) == {VULNERABILITIES: 4, MALWARE: 2, BASELINES: 2}


def test_more_images_than_the_quota_allows_in_a_minute_are_listed_after_it(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """Five calls of an API a minute; a list of vulnerabilities takes two."""
    simulator.quota = Quota(calls=5, seconds=60)
    images = [a_ref(f"app{number}", number=number) for number in range(10, 16)]
    for number in range(10, 16):
        simulator.push(scanned(f"app{number}", number=number))
    scans, _ = connected(simulator, fake_time)
    every = with_findings(scans, *images)

    assert all(len(one.findings or ()) == 9 and not one.findings_doubt for one in every)
    assert 60 <= fake_time.elapsed < 240


def test_lists_that_take_longer_than_the_run_may_take_are_an_error(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.quota = Quota(calls=5, seconds=60)
    images = [a_ref(f"app{number}", number=number) for number in range(10, 20)]
    for number in range(10, 20):
        simulator.push(scanned(f"app{number}", number=number))
    scans, _ = connected(simulator, fake_time, timeout=30.0)

    with pytest.raises(TransientError):
        with_findings(scans, *images)


# What is in doubt.


@pytest.mark.parametrize("operation", [VULNERABILITIES, MALWARE, BASELINES])
def test_an_empty_list_beside_a_count_is_a_wrong_key_and_no_clean_image(
    operation: str, simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(operation, lambda _: {"data_list": [], "total_num": 0})

    assert ", and lists 0" in found(simulator, fake_time).findings_doubt


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("vul_num", "the list of vulnerabilities: HSS counts 99, and lists 6"),
        ("malicious_file_num", "the list of malicious files: HSS counts 99, and lists 1"),
        ("unsafe_setting_num", "the list of failed items of the baseline: HSS counts 99, and lists 2"),
    ],
)
def test_fewer_findings_than_the_row_counts_are_in_doubt(
    field: str, what: str, simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(ROWS, with_every_row(**{field: 99}))

    assert found(simulator, fake_time).findings_doubt == what


@pytest.mark.parametrize("field", ["vul_num", "malicious_file_num", "unsafe_setting_num"])
def test_findings_of_a_kind_whose_number_is_not_stated_are_in_doubt(
    field: str, simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(ROWS, with_every_row(**{field: None}))

    assert "HSS does not say how many" in found(simulator, fake_time).findings_doubt


def test_a_page_that_is_missing_is_in_doubt_and_the_other_findings_count(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.push(scanned("api", Findings(vulnerabilities=BySeverity(low=199, high=3)), number=2))

    def rewrite(document: Document) -> Document:
        rows = document["data_list"]
        return document if len(rows) == 200 else {**document, "data_list": rows[:1]}

    simulator.rewrite = rewriting(VULNERABILITIES, rewrite)
    image = found(simulator, fake_time, OTHER)

    assert len(image.findings or ()) >= 200
    assert "it has 200 of 202 rows" in image.findings_doubt


def test_more_findings_under_another_tag_of_the_digest_leave_a_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    more = Findings(vulnerabilities=BySeverity(high=9), malicious_files=BySeverity(high=1))
    simulator.push(scanned(findings=more, tag="latest"))

    assert found(simulator, fake_time).findings_doubt == "the list of vulnerabilities: HSS counts 9, and lists 6"


def test_a_severity_that_the_row_states_and_no_finding_has_is_in_doubt(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.push(scanned("api", Findings(vulnerabilities=BySeverity(low=3)), number=2))
    simulator.rewrite = rewriting(ROWS, with_every_row(severity_level="High"))

    assert found(simulator, fake_time, OTHER).findings_doubt == "HSS states the severity high, and lists nothing of it"


def test_fewer_findings_of_a_severity_than_were_counted_are_in_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    scans, _ = connected(simulator, fake_time)
    (seen,) = scans.look([IMAGE])
    counted = replace(seen, severities={Severity.HIGH: 5, Severity.LOW: 1})
    (image,) = scans.with_findings([counted], RISK_SCOPES)
    (other,) = scans.with_findings([counted], frozenset({ScanScope.BASELINE}))

    assert image.findings_doubt == "the list of vulnerabilities: HSS counts 5 of severity high, and lists 4"
    assert other.findings_doubt == ""


def test_a_finding_without_an_id_is_in_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.rewrite = rewriting(VULNERABILITIES, with_every_row(vul_id=None))

    assert found(simulator, fake_time).findings_doubt == "HSS lists findings without an id"


def test_sensitive_information_of_an_older_scan_is_in_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.rewrite = rewriting(SENSITIVE, with_every_row(latest_scan_time=in_ms(NOW) - 3_600_000))

    assert "older than the scan" in found(simulator, fake_time, kinds=EVERY).findings_doubt


@pytest.mark.parametrize(
    "change",
    [
        {"latest_scan_time": in_ms(NOW) + 1000},
        {"scan_status": "scanning"},
        {"vul_num": 7},
        {"image_digest": a_digest(9)},
        {"image_id": "0" * 64},
        {"severity_level": "Low"},
        {"id": 7},
    ],
    ids=["another scan", "a running scan", "another count", "another digest", "another id", "a level", "another row"],
)
def test_a_row_that_changes_while_findings_are_listed_leaves_a_doubt(
    change: Document, simulator: Simulator, fake_time: FakeTime
) -> None:
    """The lists do not say which scan they are of, and their key names a tag."""

    def rewrite(operation: str, document: Document) -> Document:
        is_changed = operation == ROWS and VULNERABILITIES in operations(simulator)
        return with_every_row(**change)(document) if is_changed else document

    simulator.rewrite = rewrite

    assert found(simulator, fake_time).findings_doubt == "its row in HSS changed while its findings were listed"


def test_a_row_that_changes_while_an_empty_list_is_read_leaves_a_doubt_too(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """The list of sensitive information may be that of another image, and no row counts what is in it."""
    simulator.push(scanned("api", number=2, findings=Findings()))

    def rewrite(operation: str, document: Document) -> Document:
        is_changed = operation == ROWS and SENSITIVE in operations(simulator)
        return with_every_row(image_digest=a_digest(9))(document) if is_changed else document

    simulator.rewrite = rewrite
    image = found(simulator, fake_time, OTHER, kinds=EVERY)

    assert (image.findings, image.findings_doubt) == ((), "its row in HSS changed while its findings were listed")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_id", None),
        ("image_id", 5),
        ("image_id", "0" * 129),
        ("image_type", None),
        ("image_type", ["private_image"]),
        ("image_type", "registry"),
    ],
)
def test_an_image_whose_row_does_not_name_it_as_the_lists_want_it_is_in_doubt_and_not_asked_for(
    field: str, value: object, simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(ROWS, with_every_row(**{field: value}))
    image = found(simulator, fake_time)

    assert (image.findings, len(calls_of(simulator))) == ((), 0)
    assert "the list of vulnerabilities: HSS " in image.findings_doubt


def test_a_tag_that_is_longer_than_the_lists_take_is_in_doubt_and_not_asked_for(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    tag = "t" * 65
    simulator.push(scanned("api", number=2, tag=tag))
    image = found(simulator, fake_time, replace(OTHER, tag=tag))

    assert (image.findings, len(calls_of(simulator))) == ((), 0)
    assert "by the image_version of its row" in image.findings_doubt


def test_kinds_that_hss_does_not_list_for_images_of_jfrog_are_in_doubt_and_the_others_are_listed(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    host = "jfrog.example.com"
    simulator.push(scanned("api", number=2, registry=host, kind="jfrog"))
    image = found(simulator, fake_time, replace(OTHER, registry=host))

    assert {one.kind for one in image.findings or ()} == {ScanScope.VULNERABILITY}
    assert "the list of malicious files: HSS does not list them for the image type jfrog" in image.findings_doubt
    assert calls_of(simulator) == {VULNERABILITIES: 2}


def test_an_image_whose_row_is_gone_is_in_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    scans, _ = connected(simulator, fake_time)
    images = scans.look([IMAGE])
    simulator.rewrite = rewriting(ROWS, lambda _: {"data_list": [], "total_num": 0})
    scans.look([IMAGE])
    (image,) = scans.with_findings(images, RISK_SCOPES)

    assert (image.findings, image.findings_doubt) == ((), "HSS has no row of it any more")


def test_findings_are_those_of_the_row_whose_scan_was_started(simulator: Simulator, fake_time: FakeTime) -> None:
    """And not those of another tag of the digest, or of one that has the tag by now."""
    findings = Findings(vulnerabilities=BySeverity(high=1))
    simulator.push(listed("api", number=2, findings=findings))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([OTHER]))
    fake_time.sleep(12)
    (image,) = with_findings(scans, OTHER)

    assert [one.severity for one in image.findings or ()] == [Severity.HIGH]
    assert image.findings_doubt == ""

    simulator.push(a_push("api", number=3, pushed_ago=0.0, listed_after=0.0))
    (moved,) = scans.with_findings([image], RISK_SCOPES)

    assert "HSS counts 1, and lists 0" in moved.findings_doubt


# What is an error.


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize(
    ("code", "error"), [("APIGW.0302", NotAuthorised), ("HSS.0013", NotAuthorised), ("HSS.0011", Refused)]
)
def test_a_list_that_may_not_be_read_is_an_error_and_not_empty(
    operation: str, code: str, error: type[GateError], simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(operation, lambda _: error_response(code))

    with pytest.raises(error):
        found(simulator, fake_time, kinds=EVERY)


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize(
    "document", [{}, {"data_list": None, "total_num": 3}, {"data_list": [3], "total_num": 1}, {"total_num": -1}]
)
def test_a_response_without_a_list_is_an_error_and_not_empty(
    operation: str, document: Document, simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.rewrite = rewriting(operation, lambda _: document)

    with pytest.raises(NotUnderstood):
        found(simulator, fake_time, kinds=EVERY)
