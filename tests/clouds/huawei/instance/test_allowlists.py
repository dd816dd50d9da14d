"""The allowlist of an organisation in SWR Enterprise: named where a result does not list it (huawei-images.md 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.swr import artifacts_path
from gate.clouds.huawei.instance.allowlists import parse_allowlist
from gate.errors import NotUnderstood
from gate.simulator.fault import Fault, Forbidden
from gate.simulator.image import EarlierScan
from gate.simulator.vulnerability import WhitelistEntry
from tests.clouds.huawei.images.builders import a_ref
from tests.clouds.huawei.instance.builders import (
    BY_INSTANCE,
    CLEAN,
    HOUR,
    LIST,
    ORGANISATION,
    RISKY,
    ROWS,
    SHOW,
    a_push,
    a_release,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import PushedImage
    from tests.harness import Ending, Gate

LIMITS = ("--severity-cutoff", "critical", "--list-findings", "--scan", "never", "--quiet")
MISSING = "on a whitelist in the console, so that this result may lack it: "


def judged(gate: Gate, *pushed: PushedImage, options: tuple[str, ...] = LIMITS) -> Ending:
    images = [word for one in pushed for word in ("--image", one.reference)]
    return gate.check(*images, *BY_INSTANCE, *options)


def warnings(ending: Ending) -> list[str]:
    return [image["warning"] for image in ending.report["images"]]


def waive(gate: Gate, *cves: str, **fields: Any) -> None:
    gate.simulator.account.whitelist.append(WhitelistEntry(id="X-1", cve_ids=cves, **fields))


def test_a_cve_on_it_that_is_not_listed_is_named_beside_the_image(gate_in: Callable[..., Gate]) -> None:
    image = a_push(earlier=CLEAN)
    gate = a_release(gate_in, image).gate
    waive(gate, "CVE-2025-1", "CVE-2025-2")

    ending = judged(gate, image)

    assert (ending.code, warnings(ending)) == (0, [f"{MISSING}CVE-2025-1, CVE-2025-2"])
    assert "so that results may lack them: CVE-2025-1, CVE-2025-2." in ending.err
    assert gate.operations == [ROWS, SHOW, ORGANISATION]


def test_one_that_is_listed_counts_and_is_not_named(gate_in: Callable[..., Gate]) -> None:
    image = a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY))
    gate = a_release(gate_in, image).gate
    waive(gate, "CVE-2025-10000", "CVE-2024-1")

    ending = judged(gate, image)

    assert (ending.code, warnings(ending)) == (1, [f"{MISSING}CVE-2024-1"])
    assert gate.operations.count(LIST) == 1


def test_each_organisation_is_asked_once_and_only_where_findings_matter(gate_in: Callable[..., Gate]) -> None:
    images = [
        a_push(earlier=CLEAN),
        a_push(2, earlier=CLEAN),
        replace(a_push(3, earlier=CLEAN), repository="other/app"),
    ]
    gate = a_release(gate_in, *images).gate
    waive(gate, "CVE-2025-1", repository="other/app")

    found, by_default = judged(gate, *images), judged(gate, *images, options=("--scan", "never", "--quiet"))

    assert warnings(found) == ["", "", f"{MISSING}CVE-2025-1"]
    assert warnings(by_default) == ["", "", ""]
    assert gate.operations.count(ORGANISATION) == 2


def test_without_permission_the_verdict_stands(gate_in: Callable[..., Gate]) -> None:
    image = a_push(earlier=CLEAN)
    gate = a_release(gate_in, image).gate
    gate.simulator.faults.append(Fault(operation=ORGANISATION, response=Forbidden()))

    ending = judged(gate, image)

    assert (ending.code, warnings(ending)) == (0, [""])
    assert "What is on a whitelist in the console is not known: " in ending.err
    assert gate.operations.count(ORGANISATION) == 1


@pytest.mark.parametrize("allowlist", [None, {}, {"items": None}, {"items": []}])
def test_an_organisation_may_have_none(allowlist: object) -> None:
    found = parse_allowlist({"name": "team", "cve_allowlist": allowlist})

    assert (found.entries, found.unnamed) == ([], 0)


def test_an_item_without_a_cve_is_counted() -> None:
    found = parse_allowlist({"cve_allowlist": {"items": [{"cve_id": "CVE-2025-1"}, {"cve_id": 7}]}})

    assert [one.id for one in found.entries] == ["CVE-2025-1"]
    assert found.unnamed == 1


@pytest.mark.parametrize("allowlist", [7, [], "CVE-2025-1", {"items": {"cve_id": "x"}}, {"items": ["CVE-2025-1"]}])
def test_one_of_another_form_is_malformed(allowlist: object) -> None:
    with pytest.raises(NotUnderstood, match="allowlist"):
        parse_allowlist({"cve_allowlist": allowlist})


def test_an_id_of_an_instance_that_no_url_can_have_is_malformed() -> None:
    with pytest.raises(NotUnderstood, match="is no valid Unicode"):
        artifacts_path(a_ref(), "p-1", "\ud800")
