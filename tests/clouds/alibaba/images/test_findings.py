"""The lists of findings of an image: which ones are read, and what makes it doubtful that they are all of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotAuthorised, NotUnderstood, Unreachable
from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, a_row, an_image, in_ms
from tests.clouds.alibaba.images.findings import (
    APPLICATIONS,
    AT,
    BASELINE,
    FILES,
    SECRETS,
    SYSTEM,
    UUID,
    a_baseline,
    a_file,
    a_group,
    a_list,
    a_secret,
    a_vulnerability,
)
from tests.clouds.alibaba.images.scripted import ScriptedCloud, created, images, leaves

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document

LIST, NUMBERS, LATEST = "DescribeImageInstances", "DescribeUuidVulNumClassifyStatistic", "DescribeImageLatestScanTask"
STARTED = AT - 60_000
EARLIER = STARTED - 1
SENSITIVE = RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION}


def numbers(system: int = 0, applications: int = 0, **by_severity: int) -> Document:
    """The numbers of one image; those by severity are high for the system and medium for applications by default."""
    high, medium, low = (
        by_severity.get(name, default) for name, default in (("high", system), ("medium", applications), ("low", 0))
    )
    return {
        "CveNum": system,
        "ScaNum": applications,
        "VulAsapSum": high,
        "VulLaterSum": medium,
        "VulNntfSum": low,
    }


def a_cloud(
    *rows: Document,
    system: list[Document] | None = None,
    applications: list[Document] | None = None,
    stated: Document | None = None,
) -> ScriptedCloud:
    """A cloud with an image and these vulnerabilities, whose numbers are right by default."""
    system, applications, cloud = system or [], applications or [], ScriptedCloud()
    handled = [one for one in system if one.get("Status") == 7]
    count = len(system) + len(applications)
    default = a_row(VulCount=count, VulStatus="YES" if count else "NO", RiskStatus="YES" if count else "NO")
    cloud.on(LIST, images(*(rows or (default,))))
    cloud.on(LATEST, lambda query: {"Task": [a_scan(query["Digest"])]})
    by_uuid = {row.get("Uuid", ""): stated or numbers(len(system), len(applications)) for row in (rows or (default,))}
    cloud.on(NUMBERS, {"Data": by_uuid})
    cloud.on(SYSTEM, lambda query: a_list(SYSTEM, *(handled if query.get("Dealed") else system)))
    cloud.on(APPLICATIONS, a_list(APPLICATIONS, *applications))
    return cloud


def a_scan(digest: str = DIGEST, **fields: Any) -> Document:
    return {"Target": digest, "Status": "SUCCESS", "StartTime": STARTED, "FinishTime": AT, **fields}


def listed(
    cloud: ScriptedCloud, time: FakeTime, kinds: frozenset[ScanScope] = RISK_SCOPES, digest: str = DIGEST
) -> ScannedImage:
    """The image, once its findings are listed as in a run."""
    scans, _ = cloud.connect(time)
    seen = scans.with_severities(scans.verified(scans.look([an_image(digest)])))
    cloud.asked.clear()
    (image,) = scans.with_findings(seen, kinds)
    return image


def ids(image: ScannedImage) -> list[str]:
    """The names of its findings."""
    return [finding.id for finding in image.findings or ()]


# What is read.


def test_an_image_has_its_findings_of_the_system_and_of_applications(fake_time: FakeTime) -> None:
    image = listed(a_cloud(system=[a_vulnerability()], applications=[a_group()]), fake_time)

    assert ids(image) == ["debian:10:CVE-2019-9893", "imgsca:java:spring-core:AVD-2022-1124599"]
    assert image.findings_doubt == ""


def test_only_lists_that_may_have_something_are_read(fake_time: FakeTime) -> None:
    """Those of vulnerabilities always: a whitelist may hide some in every number."""
    cloud = a_cloud()

    assert (ids(listed(cloud, fake_time)), cloud.operations) == ([], [SYSTEM, SYSTEM, APPLICATIONS])
    assert cloud.queries(SYSTEM) == [
        {"Type": "cve", "Digest": DIGEST, "Lang": "en", "CurrentPage": "1", "PageSize": "100"},
        {"Type": "cve", "Digest": DIGEST, "Lang": "en", "Dealed": "y", "CurrentPage": "1", "PageSize": "100"},
    ]
    assert cloud.queries(APPLICATIONS) == [
        {"Type": "sca", "ImageDigest": DIGEST, "CurrentPage": "1", "PageSize": "100"}
    ]


def test_malicious_files_and_baselines_are_listed_where_the_row_counts_some(fake_time: FakeTime) -> None:
    cloud = a_cloud(a_row(RiskStatus="YES", AlarmStatus="YES", AlarmCount=1, HcStatus="YES", HcCount=1))
    cloud.on(FILES, a_list(FILES, a_file()))
    cloud.on(BASELINE, a_list(BASELINE, a_baseline()))
    image = listed(cloud, fake_time)

    assert (sorted(ids(image)), image.findings_doubt) == (["WebShell", "hc_image_ak"], "")
    assert cloud.queries(FILES) == [{"ImageDigest": DIGEST, "CurrentPage": "1", "PageSize": "100"}]
    assert cloud.queries(BASELINE) == [{"ImageUuid": UUID, "CurrentPage": "1", "PageSize": "100"}]


def test_sensitive_files_are_listed_only_where_they_are_asked_for(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(SECRETS, {"Code": "200", "Success": True, **a_list(SECRETS, a_secret())})
    image = listed(cloud, fake_time, SENSITIVE)

    assert (ids(image), image.findings_doubt) == (["npm_token"], "")
    assert cloud.queries(SECRETS) == [{"ImageUuid": UUID, "CurrentPage": "1", "PageSize": "100"}]


def test_a_digest_under_two_references_is_read_once(fake_time: FakeTime) -> None:
    cloud = a_cloud(system=[a_vulnerability()])
    scans, _ = cloud.connect(fake_time)
    seen = scans.with_severities(scans.verified(scans.look([an_image(), an_image(tag="2.0")])))
    found = scans.with_findings(seen, RISK_SCOPES)

    assert [ids(image) for image in found] == [["debian:10:CVE-2019-9893"]] * 2
    assert (cloud.operations.count(APPLICATIONS), cloud.operations.count(LATEST)) == (1, 1)


@pytest.mark.parametrize("length", [1, 2])
def test_pages_are_read_until_the_total_however_short_they_are(fake_time: FakeTime, length: int) -> None:
    records = [a_vulnerability(number) for number in range(5)]
    cloud = a_cloud(system=records)

    def page(query: dict[str, str]) -> Document:
        if query.get("Dealed"):
            return a_list(SYSTEM)
        number = int(query["CurrentPage"])
        return a_list(SYSTEM, *records[(number - 1) * length : number * length], total=5, page=number)

    cloud.on(SYSTEM, page)
    image = listed(cloud, fake_time)

    assert (len(ids(image)), image.findings_doubt) == (5, "")


# What was handled in the console.


def test_what_was_handled_counts_as_open_with_its_word(fake_time: FakeTime) -> None:
    handled = [a_vulnerability(), a_vulnerability(7, Status=7)]
    for stated in (numbers(2), numbers(1)):
        image = listed(a_cloud(system=handled, applications=[], stated=stated), fake_time)

        assert [(one.handled, one.status) for one in image.findings or ()] == [("", "open"), ("fixed", "open")]
        assert image.findings_doubt == ""


def test_what_was_handled_is_listed_even_if_it_is_only_shown_on_request(fake_time: FakeTime) -> None:
    """Whether the list has it otherwise is not documented."""
    cloud = a_cloud(system=[a_vulnerability()])
    cloud.on(SYSTEM, a_list(SYSTEM, a_vulnerability()), a_list(SYSTEM, a_vulnerability(7)))
    image = listed(cloud, fake_time)

    assert [one.handled for one in image.findings or ()] == ["", "handled"]
    assert image.findings_doubt == ""


# What does not add up.


@pytest.mark.parametrize(
    ("fields", "doubt"),
    [
        ({"stated": numbers(2, 1)}, "1 vulnerabilities of the system are listed, and 2 are counted"),
        ({"stated": numbers(1, 2)}, "1 vulnerabilities of applications are listed, and 2 are counted"),
        ({"stated": numbers(0, 1)}, "1 vulnerabilities of the system are listed, and only 0 are counted"),
        ({"stated": numbers(1, 0)}, "1 vulnerabilities of applications are listed, and only 0 are counted"),
        ({"stated": numbers(1, 1, medium=0, low=1)}, "0 low vulnerabilities are listed, and 1 are counted"),
        ({"stated": numbers(1, 1, high=0, medium=2)}, "1 high vulnerabilities are listed, and only 0 are counted"),
        ({"stated": numbers(1, 1, high=2)}, "its numbers of vulnerabilities do not add up"),
        ({"stated": {"CveNum": 1, "ScaNum": 1}}, "its numbers of vulnerabilities do not add up"),
    ],
    ids=str,
)
def test_lists_that_do_not_agree_with_the_numbers_are_doubtful(
    fake_time: FakeTime, fields: dict[str, Any], doubt: str
) -> None:
    image = listed(a_cloud(system=[a_vulnerability()], applications=[a_group()], **fields), fake_time)

    assert len(ids(image)) == 2
    assert doubt in image.findings_doubt


def test_low_and_medium_cannot_be_swapped_unnoticed(fake_time: FakeTime) -> None:
    """alibaba-images.md 3.3: one operation calls nntf medium."""
    cloud = a_cloud(system=[a_vulnerability(Necessity="later")], stated=numbers(1, high=0, low=1))
    image = listed(cloud, fake_time)

    assert "medium vulnerabilities are listed" in image.findings_doubt
    assert "low vulnerabilities are listed" in image.findings_doubt


def test_a_list_with_a_word_that_nobody_documents_does_not_add_up(fake_time: FakeTime) -> None:
    image = listed(a_cloud(system=[a_vulnerability(Necessity="urgent")]), fake_time)

    assert [one.severity for one in image.findings or ()] == [Severity.UNKNOWN]
    assert "0 high vulnerabilities are listed, and 1 are counted" in image.findings_doubt


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        (a_row(VulStatus="YES", VulCount=2), "0 findings of kind vulnerability are listed, and its row counts 2"),
        (a_row(VulStatus="YES"), "no findings of kind vulnerability are listed, and its row does not say that there"),
        (a_row(VulCount=None), "no findings of kind vulnerability are listed, and its row does not say that there"),
        (a_row(AlarmCount=2), "0 findings of kind malicious-file are listed, and its row counts 2"),
        (a_row(AlarmStatus="YES"), "no findings of kind malicious-file are listed, and its row does not say"),
        (a_row(AlarmCount=None), "no findings of kind malicious-file are listed, and its row does not say"),
        (a_row(HcCount=2), "0 findings of kind baseline are listed, and its row counts 2"),
        (a_row(HcStatus="?"), "no findings of kind baseline are listed, and its row does not say"),
        (a_row(HcCount="0"), "no findings of kind baseline are listed, and its row does not say"),
    ],
    ids=str,
)
def test_a_list_with_less_than_the_row_of_the_image_counts_is_doubtful(
    fake_time: FakeTime, row: Document, doubt: str
) -> None:
    cloud = a_cloud(row)
    cloud.on(FILES, a_list(FILES))
    cloud.on(BASELINE, a_list(BASELINE))

    assert doubt in listed(cloud, fake_time).findings_doubt


def test_more_files_than_the_row_counts_are_no_doubt(fake_time: FakeTime) -> None:
    cloud = a_cloud(a_row(AlarmCount=1))
    cloud.on(FILES, a_list(FILES, a_file(), a_file(MaliciousMd5="1" * 32)))

    assert listed(cloud, fake_time).findings_doubt == ""


@pytest.mark.parametrize(("count", "doubt"), [(1, ""), (None, "how many vulnerabilities it has is not stated")])
def test_without_numbers_by_severity_the_number_in_the_row_has_to_do(
    fake_time: FakeTime, count: int | None, doubt: str
) -> None:
    cloud = a_cloud(a_row(VulStatus="YES", VulCount=count), system=[a_vulnerability()])
    cloud.on(NUMBERS, (403, {"Code": "NoPermission"}))

    assert listed(cloud, fake_time).findings_doubt == doubt


# Lists that are not whole.


@pytest.mark.parametrize(
    ("operation", "rows"),
    [(SYSTEM, [a_vulnerability()]), (APPLICATIONS, [a_group()]), (FILES, [a_file()]), (BASELINE, [a_baseline()])],
)
def test_a_list_that_does_not_reach_its_total_is_doubtful(
    fake_time: FakeTime, operation: str, rows: list[Document]
) -> None:
    cloud = a_cloud(a_row(AlarmCount=1, HcCount=1))
    cloud.on(FILES, a_list(FILES, a_file()))
    cloud.on(BASELINE, a_list(BASELINE, a_baseline()))
    cloud.on(
        operation,
        lambda query: a_list(
            operation, *(rows if query["CurrentPage"] == "1" else []), total=2, page=int(query["CurrentPage"])
        ),
    )
    image = listed(cloud, fake_time)

    assert "does not end where its total says" in image.findings_doubt
    assert not {finding.id for finding in image.findings or ()} & {
        row.get(name) for row in rows for name in ("Name", "MaliciousName", "BaselineNameKey") if row.get(name)
    }


def test_a_list_without_a_total_is_read_to_its_end_and_doubtful(fake_time: FakeTime) -> None:
    cloud = a_cloud(a_row(VulCount=1), stated=numbers(0, 1))
    cloud.on(APPLICATIONS, a_list(APPLICATIONS, a_group(), total=None), a_list(APPLICATIONS, total=None, page=2))
    image = listed(cloud, fake_time)

    assert (len(ids(image)), image.findings_doubt) == (
        1,
        "how many vulnerabilities of applications there are is not stated",
    )


@pytest.mark.parametrize("document", [{}, {"VulRecords": {}}, {"VulRecords": ["x"]}, {"PageInfo": []}], ids=str)
def test_an_answer_without_a_list_is_an_error(fake_time: FakeTime, document: Document) -> None:
    cloud = a_cloud()
    cloud.on(SYSTEM, document)

    with pytest.raises(NotUnderstood, match="VulRecords"):
        listed(cloud, fake_time)


@pytest.mark.parametrize("operation", [SYSTEM, APPLICATIONS, FILES, BASELINE, SECRETS])
def test_a_list_that_may_not_be_read_is_unknown_and_not_empty(fake_time: FakeTime, operation: str) -> None:
    cloud = a_cloud(a_row(AlarmCount=1, HcCount=1))
    for other in (FILES, BASELINE, SECRETS):
        cloud.on(other, a_list(other))
    cloud.on(operation, (403, {"Code": "NoPermission"}))

    with pytest.raises(NotAuthorised, match=operation):
        listed(cloud, fake_time, SENSITIVE)


@pytest.mark.parametrize(
    "answer",
    [Unreachable("no response"), {"Code": "500", "Success": False, "SensitiveFileList": []}, {"Success": False}],
    ids=str,
)
def test_a_list_that_fails_in_a_success_of_http_is_no_empty_list(fake_time: FakeTime, answer: Answer) -> None:
    cloud = a_cloud()
    cloud.on(SECRETS, answer)

    with pytest.raises(Exception, match=r"no response|500|Success is false"):
        listed(cloud, fake_time, SENSITIVE)


def test_what_cannot_be_listed_at_all_is_doubtful(fake_time: FakeTime) -> None:
    image = listed(a_cloud(), fake_time, RISK_SCOPES | {ScanScope.SOFTWARE_COMPLIANCE})

    assert image.findings_doubt == "findings of kind software-compliance cannot be listed"


@pytest.mark.parametrize("uuid", [None, "a,b"])
def test_a_baseline_without_a_usable_id_is_doubtful(fake_time: FakeTime, uuid: str | None) -> None:
    image = listed(a_cloud(a_row(Uuid=uuid, HcCount=1)), fake_time)

    assert "findings of kind baseline cannot be listed without a Uuid of its row" in image.findings_doubt


# Findings of another image, or of an earlier scan.


def test_a_finding_of_another_image_is_dropped_and_doubtful(fake_time: FakeTime) -> None:
    records = [a_vulnerability(), a_vulnerability(1, ImageDigest=a_digest(2))]
    image = listed(a_cloud(system=records, stated=numbers(1)), fake_time)

    assert ids(image) == ["debian:10:CVE-2019-9893"]
    assert "the list of vulnerabilities of the system has rows of other images" in image.findings_doubt


def test_a_finding_of_no_image_is_kept_and_doubtful(fake_time: FakeTime) -> None:
    image = listed(a_cloud(system=[a_vulnerability(ImageDigest=None)]), fake_time)

    assert len(ids(image)) == 1
    assert image.findings_doubt == "a row of vulnerabilities of the system does not say of which image it is"


def test_a_finding_without_a_name_is_doubtful(fake_time: FakeTime) -> None:
    image = listed(a_cloud(system=[a_vulnerability(Name=None)]), fake_time)

    assert (ids(image), image.findings_doubt) == (["(unnamed)"], "a finding has no name")


@pytest.mark.parametrize(
    ("time", "doubt"),
    [
        (STARTED, ""),
        (EARLIER, "is older than its last scan"),
        (None, "has no scan time"),
        (0, "has no scan time"),
    ],
)
@pytest.mark.parametrize("operation", [SYSTEM, APPLICATIONS, FILES, BASELINE])
def test_a_finding_from_before_the_start_of_the_last_scan_is_doubtful(
    fake_time: FakeTime, operation: str, time: int | None, doubt: str
) -> None:
    cloud = a_cloud(
        a_row(VulCount=2, VulStatus="YES", AlarmCount=1, HcCount=1),
        system=[a_vulnerability(LastTs=time if operation == SYSTEM else AT)],
        applications=[a_group(LastScanTime=time if operation == APPLICATIONS else AT)],
    )
    cloud.on(FILES, a_list(FILES, a_file(LatestScanTimestamp=time if operation == FILES else AT)))
    cloud.on(BASELINE, a_list(BASELINE, a_baseline(LastScanTime=time if operation == BASELINE else AT)))
    image = listed(cloud, fake_time)

    assert len(ids(image)) == 4
    assert (doubt in image.findings_doubt) if doubt else not image.findings_doubt


@pytest.mark.parametrize(("time", "is_doubtful"), [(AT - 60_000, False), (AT - 60_001, True)])
def test_where_the_scan_states_no_start_findings_may_be_a_minute_older_than_its_end(
    fake_time: FakeTime, time: int, is_doubtful: object
) -> None:
    cloud = a_cloud(system=[a_vulnerability(LastTs=time)])
    cloud.on(LATEST, {"Task": [a_scan(StartTime=None)]})

    assert bool(listed(cloud, fake_time).findings_doubt) is is_doubtful


def test_findings_of_an_image_whose_scan_is_not_known_are_doubtful(fake_time: FakeTime) -> None:
    """The gate does not list them then, as the result is not proven to be that of this digest."""
    cloud = a_cloud(system=[a_vulnerability()])
    cloud.on(LATEST, {"Task": []})

    assert "when its last scan started is not known" in listed(cloud, fake_time).findings_doubt


def test_an_image_without_a_row_has_doubtful_findings(fake_time: FakeTime) -> None:
    cloud = a_cloud(a_row(ScaStatus="START"))
    cloud.on(LATEST, {"Task": [a_scan()]})

    assert "it has no row with a result" in listed(cloud, fake_time).findings_doubt


@pytest.mark.parametrize(("late", "doubt"), [(True, ""), (False, "is older than its last scan")])
def test_findings_of_a_scan_of_this_run_are_later_than_its_start(fake_time: FakeTime, late: object, doubt: str) -> None:
    """By the time that its task states, and not by that of somebody else's scan before."""
    after, task = in_ms(NOW + timedelta(minutes=2)), "a" * 32
    at = after if late else in_ms(NOW - timedelta(minutes=2))
    found: dict[str, Any] = {"VulCount": 1, "VulStatus": "YES", "RiskStatus": "YES"}
    cloud = a_cloud(a_row(), system=[a_vulnerability(LastTs=at)])
    cloud.on(LIST, images(a_row()), images(a_row(LastScanTime=after, **found)))
    cloud.on("PublicCreateImageScanTask", created(task))
    status = {"TaskId": task, "CollectTime": in_ms(NOW), "TotalCount": 1, "TaskInfo": {"Status": "SUCCESS"}}
    cloud.on("GetOnceTaskResultInfo", status)
    leaf = {"TaskId": "part", "TaskType": "IMAGE_SCAN", "Target": DIGEST, "StatusText": "SUCCESS"}
    cloud.on("DescribeOnceTaskLeafRecordPage", leaves(leaf))
    scans, _ = cloud.connect(fake_time)
    scans.start(scans.look([an_image()]))
    fake_time.elapsed += 180
    seen = scans.with_severities(scans.verified(scans.look([an_image()])))
    (image,) = scans.with_findings(seen, RISK_SCOPES)

    assert (doubt in image.findings_doubt) if doubt else not image.findings_doubt
    assert LATEST not in cloud.operations


# An image with several rows.


def two_tags(system: list[Document], **second: Any) -> ScriptedCloud:
    rows = [a_row(Uuid=uuid, Tag=uuid, VulCount=1, VulStatus="YES", **(second if uuid == "2" else {})) for uuid in "12"]
    return a_cloud(*rows, system=system, stated=numbers(1))


def test_a_finding_under_two_tags_is_one(fake_time: FakeTime) -> None:
    image = listed(two_tags([a_vulnerability(Uuid=uuid) for uuid in "12"]), fake_time)

    assert (ids(image), image.findings_doubt) == (["debian:10:CVE-2019-9893"], "")


def test_different_findings_under_two_tags_are_two(fake_time: FakeTime) -> None:
    image = listed(two_tags([a_vulnerability(1, Uuid="1"), a_vulnerability(2, Uuid="2")]), fake_time)

    assert (ids(image), image.findings_doubt) == (["debian:10:CVE-2026-1", "debian:10:CVE-2026-2"], "")


@pytest.mark.parametrize(
    ("uuid", "doubt"), [("2", ""), ("1", "is older than its last scan"), ("", "is older than its last scan")]
)
def test_a_tag_that_was_not_scanned_again_may_have_older_findings(fake_time: FakeTime, uuid: str, doubt: str) -> None:
    records = [a_vulnerability(Uuid="1"), a_vulnerability(Uuid=uuid, LastTs=EARLIER, PrimaryId=2)]
    image = listed(two_tags(records, LastScanTime=EARLIER), fake_time)

    assert (doubt in image.findings_doubt) if doubt else not image.findings_doubt


def test_a_baseline_of_two_tags_is_one(fake_time: FakeTime) -> None:
    """A row whose id is that of another one is not asked for again."""
    cloud = a_cloud(*(a_row(Uuid=uuid, Tag=tag, HcCount=1) for uuid, tag in (("1", "a"), ("2", "b"), ("2", "c"))))
    cloud.on(BASELINE, a_list(BASELINE, a_baseline()))
    image = listed(cloud, fake_time)

    assert (ids(image), image.findings_doubt) == (["hc_image_ak"], "")
    assert [query["ImageUuid"] for query in cloud.queries(BASELINE)] == ["1", "2"]
