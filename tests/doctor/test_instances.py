"""The permissions of a run whose images are scanned by their instance of SWR Enterprise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.simulator.fault import Fault, Forbidden
from tests.clouds.huawei.instance.builders import (
    BY_INSTANCE,
    CLEAN,
    LIST,
    ORGANISATION,
    SHOW,
    START,
    a_push,
    a_release,
    by_hss,
)
from tests.doctor.reading import doctor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doctor.reading import Told
    from tests.harness import Gate

IMAGE = a_push(earlier=CLEAN)
OF_FINDING_IT = ["ListRegistryImages", "ListRegistry", "CreateImageSynchronizeTask"]
OF_HSS = ["ListImageScanTask", "ListImageVulnerabilities", "ListImageBasicImage"]


def told(gate: Gate, *options: str, image: str = IMAGE.reference) -> Told:
    """What doctor says of the image."""
    return doctor(gate, "--image", image, *BY_INSTANCE, *options)


def permissions(of: Told) -> list[str]:
    """The operations that were checked, in order."""
    return [row["name"].removeprefix("permission ") for row in of.rows if row["name"].startswith("permission ")]


def test_only_the_operations_of_the_instance_are_checked_and_those_that_find_it(gate_in: Callable[..., Gate]) -> None:
    found = told(a_release(gate_in, IMAGE).gate)

    assert (found.code, permissions(found)) == (0, [*OF_FINDING_IT, SHOW, START])
    assert found.state("endpoint SWR") == "ok"
    assert "would start a scan" in found.text(f"permission {START}")


def test_the_allowlist_of_an_organisation_is_not_read_before_a_verdict(gate_in: Callable[..., Gate]) -> None:
    gate = a_release(gate_in, IMAGE).gate
    found = told(gate, "--severity-cutoff", "high")

    assert found.not_checked[f"permission {ORGANISATION}"].startswith("is called after a verdict only")
    assert ORGANISATION not in gate.operations


def test_never_needs_no_permission_to_start_a_scan(gate_in: Callable[..., Gate]) -> None:
    assert START not in permissions(told(a_release(gate_in, IMAGE).gate, "--scan", "never"))


def test_a_tag_is_looked_up_for_the_check(gate_in: Callable[..., Gate]) -> None:
    gate = a_release(gate_in, IMAGE).gate
    found = told(gate, image=IMAGE.reference.partition("@")[0])

    assert permissions(found) == [*OF_FINDING_IT, "ListInstanceArtifacts", SHOW, START]
    assert SHOW in gate.operations


def test_a_tag_that_the_instance_does_not_know_leaves_nothing_to_show(gate_in: Callable[..., Gate]) -> None:
    gate = a_release(gate_in, IMAGE).gate
    found = told(gate, image=f"{IMAGE.registry}/{IMAGE.repository}:unknown")

    assert found.code == 7
    assert SHOW not in gate.operations


@pytest.mark.parametrize("image", [IMAGE, a_push()], ids=["scanned", "never scanned"])
def test_the_list_of_findings_is_checked_where_the_policy_goes_by_it_and_an_image_has_one(
    image: object, gate_in: Callable[..., Gate]
) -> None:
    gate = a_release(gate_in, image).gate  # type: ignore[arg-type] # a push
    found = told(gate, "--only-fixable")

    assert LIST in permissions(found)
    assert (LIST in gate.operations) is (image is IMAGE)


@pytest.mark.parametrize("operation", [SHOW, LIST])
def test_an_operation_that_the_user_may_not_call_is_a_failure(operation: str, gate_in: Callable[..., Gate]) -> None:
    gate = a_release(gate_in, IMAGE).gate
    gate.simulator.faults = [Fault(operation=operation, response=Forbidden())]
    found = told(gate, "--only-fixable")

    assert (found.code, found.state(f"permission {operation}")) == (3, "failure")


def test_a_mixed_release_needs_the_operations_of_both(gate_in: Callable[..., Gate]) -> None:
    other = replace(by_hss(a_push(2, earlier=CLEAN)))
    found = told(a_release(gate_in, IMAGE, other).gate, "--image", other.reference)

    assert {*OF_HSS, SHOW, START, "CreateManualImageScanTask"} <= {*permissions(found)}


def test_a_scope_that_the_instance_does_not_look_for_is_named(gate_in: Callable[..., Gate]) -> None:
    gate = a_release(gate_in, IMAGE).gate
    ending = gate.run("doctor", "--image", IMAGE.reference, *BY_INSTANCE[:2])

    assert (ending.code, gate.operations) == (2, [])
    assert "--required-scope vulnerability" in ending.out + ending.err
