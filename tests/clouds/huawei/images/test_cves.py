"""The CVEs of an advisory in HSS: all of them, or none that could waive anything (huawei-images.md 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotAuthorised, NotUnderstood
from gate.outcome import EventKind
from gate.simulator import Simulator, error_response
from gate.simulator.fault import Fault
from tests.builders import a_finding
from tests.clouds.huawei.images.builders import connected, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.builders import FakeTime

CVES = "ListVulnerabilityCve"
ONE, TWO, NONE = "HCE-SA-2025-1000", "HCE-SA-2025-1003", "HCE-SA-2025-1005"
Document = dict[str, Any]


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def cves_of(vul_id: str, simulator: Simulator, time: FakeTime) -> tuple[tuple[str, ...] | None, list[str]]:
    """The CVEs of an advisory, and what the log warns of."""
    scans, connection = connected(simulator, time)
    assert scans.cve_source
    found = scans.cve_source.cves_of(a_finding(vul_id, has_unknown_cves=True))
    return found, [event.text for event in connection.event_log.events if event.kind is EventKind.WARNING]


def rewriting(change: Callable[[Document], Document]) -> Callable[[str, Document], Document]:
    """Changes the lists of CVEs alone."""
    return lambda name, true: change(true) if name == CVES else true


def rows(*ids: object) -> list[Document]:
    return [{"cve_id": id_} for id_ in ids]


@pytest.mark.parametrize(
    ("vul_id", "cves"),
    [(ONE, ("CVE-2025-10000",)), (TWO, ("CVE-2025-10003", "CVE-2024-10003")), (NONE, ())],
    ids=["one", "two", "none"],
)
def test_an_advisory_has_the_cves_of_its_list(
    vul_id: str, cves: tuple[str, ...], simulator: Simulator, fake_time: FakeTime
) -> None:
    assert cves_of(vul_id, simulator, fake_time) == (cves, [])
    assert operations(simulator) == [CVES]


def test_an_id_that_no_url_can_have_is_malformed_and_not_asked_for(simulator: Simulator, fake_time: FakeTime) -> None:
    with pytest.raises(NotUnderstood, match="is no valid Unicode"):
        cves_of("X-\ud800", simulator, fake_time)

    assert operations(simulator) == []


def test_all_pages_of_a_long_list_are_read(simulator: Simulator, fake_time: FakeTime) -> None:
    every = [f"CVE-2024-{number}" for number in range(1000, 1450)]
    offsets = iter((0, 199, 398))

    def rewrite(_: Document) -> Document:
        offset = next(offsets)
        return {"data_list": rows(*every[offset : offset + 200]), "total_num": len(every)}

    simulator.rewrite = rewriting(rewrite)

    assert cves_of(ONE, simulator, fake_time) == (tuple(every), [])
    assert [request.query["offset"] for request in simulator.requests] == [["0"], ["199"], ["398"]]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"data_list": rows("CVE-2025-1000"), "total_num": 2}, "the list of them: it has 1 of 2 rows"),
        ({"data_list": rows("CVE-2025-1000")}, "the list of them: it has no total"),
        ({"data_list": [], "total_num": 1}, "the list of them: it has 0 of 1 rows"),
        ({"data_list": rows("CVE-2025-1000", "CVE-2025-1001"), "total_num": 1}, "it has 2 of 1 rows"),
        (
            {"data_list": rows("CVE-2025-1000", "CVE-2025-1000"), "total_num": 2},
            "has one twice, and may lack another one",
        ),
        ({"data_list": rows("CVE-2025-1000", "HCE-SA-2025-1"), "total_num": 2}, "has 'HCE-SA-2025-1', which is none"),
        ({"data_list": rows("cve-2025-1000"), "total_num": 1}, "has 'cve-2025-1000', which is none"),
        ({"data_list": rows("CVE-2025-1000,CVE-2025-1001"), "total_num": 1}, "which is none"),
        ({"data_list": rows("CVE-2025-1000\n"), "total_num": 1}, "which is none"),
        ({"data_list": rows("xCVE-2025-1000"), "total_num": 1}, "which is none"),
        ({"data_list": rows("CVE-2025-100"), "total_num": 1}, "which is none"),
        ({"data_list": rows("CVE-2025-٣٣٣٣"), "total_num": 1}, "which is none"),
        ({"data_list": rows(None), "total_num": 1}, "has None, which is none"),
        ({"data_list": rows(["CVE-2025-1000"]), "total_num": 1}, "which is none"),
        ({"data_list": rows(""), "total_num": 1}, "has '', which is none"),
        ({"data_list": [{"cve": "CVE-2025-1000"}], "total_num": 1}, "has None, which is none"),
    ],
)
def test_of_a_list_that_may_not_be_all_of_it_no_cve_is_known(
    document: Document, why: str, simulator: Simulator, fake_time: FakeTime
) -> None:
    """A CVE that is missing would need a waiver too."""
    simulator.rewrite = rewriting(lambda _: document)
    found, (warning,) = cves_of(ONE, simulator, fake_time)

    assert found is None
    assert warning.startswith(f"the CVEs of {ONE} are not known: ")
    assert warning.endswith(why)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data_list": None, "total_num": 1},
        {"data_list": "CVE-2025-1000", "total_num": 1},
        {"data_list": ["CVE-2025-1000"], "total_num": 1},
        {"data_list": rows("CVE-2025-1000"), "total_num": "1"},
        {"data_list": [{"cve_id": "CVE-2025-1000", "error_code": "HSS.0010"}], "total_num": 1},
    ],
)
def test_what_is_no_list_is_an_error(document: Document, simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.rewrite = rewriting(lambda _: document)

    with pytest.raises(NotUnderstood):
        cves_of(ONE, simulator, fake_time)


def test_a_list_that_may_not_be_read_is_an_error(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.faults = [Fault(operation=CVES, response=error_response("HSS.0013"))]

    with pytest.raises(NotAuthorised):
        cves_of(ONE, simulator, fake_time)


@pytest.mark.parametrize("vul_id", ["no-id", "", ".", "..", "...", "x" * 65])
def test_an_id_that_would_lead_to_another_path_or_is_too_long_is_not_asked_for(
    vul_id: str, simulator: Simulator, fake_time: FakeTime
) -> None:
    found, (warning,) = cves_of(vul_id, simulator, fake_time)

    assert (found, operations(simulator)) == (None, [])
    assert warning.endswith("HSS cannot be asked for them by this id")


@pytest.mark.parametrize("vul_id", ["x" * 64, "..x", "X."])
def test_any_other_id_is_asked_for(vul_id: str, simulator: Simulator, fake_time: FakeTime) -> None:
    assert cves_of(vul_id, simulator, fake_time) == ((), [])


def test_the_quota_is_that_of_each_operation_of_hss(simulator: Simulator, fake_time: FakeTime) -> None:
    scans, _ = connected(simulator, fake_time)

    assert scans.cve_source
    assert scans.cve_source.calls_per_minute == 5
