"""The permissions of a run: each operation by one call that reads, or why it was not called."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import IMAGE_SCENARIOS, Quota
from gate.simulator.fault import Fault, Forbidden, login_page
from tests.doctor.expected import EXPECTED
from tests.doctor.reading import doctor
from tests.harness import CLOUDS
from tests.test_permissions import operations, reads_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doctor.reading import Told
    from tests.harness import Gate

ROOT = Path(__file__).parent.parent.parent
IMAGES = [word for image in IMAGE_SCENARIOS["images-clean"].images for word in ("--image", image)]
TAGS = ["--image", "team/shop/web:1.4.2", "--image", "team/shop/api:1.4.2"]
LISTS = ["--only-fixable", "--required-scope", "vulnerability,baseline,malicious-file,sensitive-information"]
SIMULATED = {"ListImageScanTask": "tasks"}
"""The simulator's own name of an operation."""
NEED = [(cloud, operation, needed) for cloud in CLOUDS for operation, needed in EXPECTED[cloud].of_tasks.items()]
NEED_FOR_IMAGES = [
    (cloud, operation, needed) for cloud in CLOUDS for operation, needed in EXPECTED[cloud].of_images.items()
]


def permissions(told: Told) -> list[str]:
    return [row["name"].removeprefix("permission ") for row in told.rows if row["name"].startswith("permission ")]


def forbid(gate: Gate, operation: str) -> None:
    gate.simulator.faults = [Fault(operation=SIMULATED.get(operation, operation), response=Forbidden())]


def started(told: Told) -> dict[str, str]:
    """What was not checked of the permissions, with the reason."""
    return {
        name.removeprefix("permission "): why.partition(";")[0]
        for name, why in told.not_checked.items()
        if name.startswith("permission ")
    }


@pytest.mark.parametrize(("cloud", "operation", "is_needed"), NEED)
def test_each_permission_for_a_scan_task_is_checked_and_named(
    cloud: str, operation: str, gate_in: Callable[..., Gate], *, is_needed: bool
) -> None:
    gate = gate_in("clean", cloud)
    assert permissions(doctor(gate)) == [*EXPECTED[cloud].of_tasks]
    forbid(gate, operation)

    told = doctor(gate)

    assert told.state(f"permission {operation}") == ("failure" if is_needed else "warning")
    assert told.code == (3 if is_needed else 0)
    assert (told.not_checked.get("tasks") == f"permission {operation} has failed") is is_needed


@pytest.mark.parametrize(("cloud", "operation", "is_needed"), NEED_FOR_IMAGES)
def test_each_permission_for_images_is_checked_and_named(
    cloud: str, operation: str, gate_in: Callable[..., Gate], *, is_needed: bool
) -> None:
    """Of the images in this scenario HSS has to be asked for their registries, as a run does."""
    gate = gate_in("images-clean", cloud)
    forbid(gate, operation)

    told = doctor(gate, *IMAGES)

    assert told.state(f"permission {operation}") == ("failure" if is_needed else "warning")
    assert told.code == (3 if is_needed or operation == "ListRegistry" else 0)
    if not is_needed:
        assert told.text(f"permission {operation}").find("A run goes on without it.") > 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_permission_that_only_a_call_that_costs_or_changes_something_would_show_is_a_warning(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)
    of_listing = {**EXPECTED[cloud].of_listing}

    told, without_scans = doctor(gate, *IMAGES), doctor(gate, *IMAGES, "--scan", "never")

    assert started(told) == {**of_listing, **EXPECTED[cloud].starting}
    assert {told.state(f"permission {name}") for name in EXPECTED[cloud].starting} == {"warning"}
    assert started(without_scans) == of_listing


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_lists_of_findings_are_needed_only_by_a_policy_that_goes_by_them(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)
    operation = EXPECTED[cloud].findings[-1]
    forbid(gate, operation)

    decide, in_reports, none = (
        doctor(gate, *IMAGES, *options) for options in (LISTS, ["--list-findings", *LISTS[1:]], [])
    )

    assert [name for name in permissions(decide) if name in EXPECTED[cloud].findings] == [*EXPECTED[cloud].findings]
    assert (decide.code, decide.state(f"permission {operation}")) == (3, "failure")
    assert (in_reports.code, in_reports.state(f"permission {operation}")) == (0, "warning")
    assert operation not in permissions(none)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_whitelists_are_asked_for_where_a_run_goes_by_findings_and_it_goes_on_without_them(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate, operation = gate_in("images-clean", cloud), EXPECTED[cloud].whitelists
    forbid(gate, operation)

    none, limited = doctor(gate, *IMAGES), doctor(gate, *IMAGES, "--severity-cutoff", "high")

    assert operation not in permissions(none)
    assert (limited.code, limited.state(f"permission {operation}")) == (0, "warning")


def test_on_huawei_cloud_the_cves_of_a_vulnerability_are_asked_for_where_a_waiver_names_one(
    gate_in: Callable[..., Gate], tmp_path: Path
) -> None:
    """They are those of the first vulnerability that is listed; without them, a run goes on."""
    gate, operation, waivers = gate_in("images-clean", "huawei"), "ListVulnerabilityCve", tmp_path / "waivers.toml"
    one = {"data_list": [{"vul_id": ""}, {"vul_id": "CESA-2022:0274"}], "total_num": 2}
    gate.simulator.rewrite = lambda name, true: one if name == "ListImageVulnerabilities" else true
    told = {}
    for name in ("X-1", "CVE-2025-10000"):
        waivers.write_text(f'[[waiver]]\nid = "{name}"\nimages = ["*"]\nreason = "r"\nuntil = 2026-02-01\n')
        told[name] = doctor(gate, *IMAGES, "--waivers", str(waivers))
    forbid(gate, operation)
    refused = doctor(gate, *IMAGES, "--waivers", str(waivers))

    assert operation not in permissions(told["X-1"])
    assert {one.path.rpartition("/image/")[2] for one in gate.simulator.requests if one.operation == operation} == {
        "vulnerability/CESA-2022%3A0274/cve"
    }
    assert told["CVE-2025-10000"].state(f"permission {operation}") == "ok"
    assert refused.state(f"permission {operation}") == "warning"
    assert "A run goes on without it." in refused.text(f"permission {operation}")


def test_on_huawei_cloud_cves_are_not_asked_for_where_no_vulnerability_is_listed(
    gate_in: Callable[..., Gate], tmp_path: Path
) -> None:
    gate, waivers = gate_in("images-clean", "huawei"), tmp_path / "waivers.toml"
    waivers.write_text('[[waiver]]\nid = "CVE-2026-1"\nimages = ["*"]\nreason = "r"\nuntil = 2026-02-01\n')

    told = doctor(gate, *IMAGES, "--waivers", str(waivers))

    assert told.state("permission ListVulnerabilityCve") == "warning"
    assert "no vulnerability is listed" in told.not_checked["permission ListVulnerabilityCve"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_tag_alone_needs_the_registry(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("images-clean", cloud)
    operation, named = EXPECTED[cloud].of_a_tag, EXPECTED[cloud].permission_of_a_tag
    told = doctor(gate, *TAGS)
    forbid(gate, operation)

    refused = doctor(gate, *TAGS)

    assert (told.code, told.state(f"permission {named}")) == (0, "ok")
    assert told.state(f"endpoint {EXPECTED[cloud].registry}") == "ok"
    assert (refused.code, refused.state(f"permission {named}")) == (3, "failure")


def test_on_alibaba_cloud_what_there_is_no_task_to_ask_about_is_not_checked(gate_in: Callable[..., Gate]) -> None:
    told = doctor(gate_in("empty", "alibaba"))

    no_task = "there is no scan task with an id that it could be asked for"
    assert started(told) == dict.fromkeys(("GetOnceTaskResultInfo", "DescribeOnceTaskLeafRecordPage"), no_task)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_there_is_no_image_to_ask_about_is_not_checked(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("images-clean", cloud)
    empty = {EXPECTED[cloud].lists_images: EXPECTED[cloud].no_images}
    gate.simulator.rewrite = empty.get

    told = doctor(gate, *IMAGES, *LISTS)

    without = [name for name, why in started(told).items() if why == "no image is listed that it could be asked for"]
    assert sorted(without) == sorted({*EXPECTED[cloud].findings, *EXPECTED[cloud].without_image})


def test_on_alibaba_cloud_a_task_that_is_no_image_scan_needs_no_images(gate_in: Callable[..., Gate]) -> None:
    told = doctor(gate_in("clean", "alibaba"), "--task-type", "VUL_CHECK_TASK")

    assert permissions(told) == ["GetLastOnceTaskInfo", "GetOnceTaskResultInfo"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_another_error_than_a_refusal_of_an_operation_that_is_not_needed_says_so(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)
    operation = EXPECTED[cloud].optional
    gate.simulator.faults = [Fault(operation=operation, response=login_page())]

    told = doctor(gate, *IMAGES)

    assert told.text(f"permission {operation}").startswith("could not be tried: ")
    assert told.code == 0


@pytest.mark.parametrize("options", [[], IMAGES, TAGS], ids=["task", "digests", "tags"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_keeps_within_five_calls_a_minute_for_each_operation(
    cloud: str, options: list[str], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean" if options else "clean", cloud)
    gate.simulator.quota = Quota(calls=5, seconds=60)

    told = doctor(gate, *options)

    assert (told.code, gate.time.slept) == (0, [])
    assert max(Counter(gate.operations).values()) <= 5


@reads_source
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_about_doctor_names_what_it_asks_for_and_a_run_does_not(cloud: str) -> None:
    """Everything else that it calls is in the tables of the permissions of a run."""
    folder = ROOT / "gate" / "clouds" / cloud
    page = (ROOT / "docs" / "doctor.md").read_text()
    by_run = operations([*folder.glob("*.py"), *(folder / "images").glob("*.py")])

    own = operations((folder / "diagnosis").glob("*.py")) - by_run

    assert own == {EXPECTED[cloud].own_operation}
    assert [name for name in own if name not in page] == []
