"""Counts the calls and the simulated seconds of a check of images, on both clouds.

`python -m benchmarks.images` prints a table. The images of a release are in one namespace and named by their digests or
by their tags alone, and of five images two are in a repository of their own; their scans take three minutes, and the
clouds hold to their quotas. `fresh` images were scanned an hour ago, and `stale` ones were just pushed. The second
table is of fresh images with 125 vulnerabilities each, of which 10 are high and waived: by their ids, or by their CVEs
where they have any. The clock is simulated, so the figures are the same on every machine.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from gate import cli
from gate.clouds import CLOUDS
from gate.simulator import PushedImage, Quota, Scenario, Simulator
from gate.simulator.huawei import vulnerabilities as huawei
from gate.simulator.image import BySeverity, EarlierScan, Findings
from gate.simulator.vulnerability import vulnerabilities
from tests.builders import NOW, FakeTime
from tests.harness import cloud_options

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERS = {"digest": (1, 5, 50, 200), "tag": (1, 5, 50)}
"""How many images a release has, by what names them."""
QUOTAS = {"huawei": Quota(calls=5, seconds=60)}
"""By cloud; Alibaba Cloud documents none for these operations (alibaba-security-center.md 5)."""
SCAN_SECONDS = 180.0
VULNERABILITIES = Findings(vulnerabilities=BySeverity(low=90, medium=25, high=10))
RELEASES_WITH_FINDINGS = (1, 5, 50)
BY_INSTANCE = ("--swr-enterprise-scanner", "instance", "--required-scope", "vulnerability")
POLLS = {
    "huawei": "ListRegistryImages",
    "alibaba": "GetOnceTaskResultInfo",
}
"""The operation by which a scan that goes on is followed; on Huawei Cloud, that is a look at the rows of all images."""


def images(number: int, *, is_fresh: bool, findings: Findings | None = None) -> tuple[PushedImage, ...]:
    """The images of a release."""
    earlier = EarlierScan(ago=3600.0, findings=findings or Findings()) if is_fresh else None
    repositories = max(1, number * 2 // 5)
    return tuple(
        PushedImage(
            repository=f"team/service-{at % repositories}",
            tag=f"1.{at}",
            digest=f"sha256:{at:064x}",
            pushed_ago=7200.0 if is_fresh else 5.0,
            listed_after=0.0 if is_fresh else None,
            earlier=earlier,
            scan_seconds=SCAN_SECONDS,
        )
        for at in range(1, number + 1)
    )


def measure(
    cloud: str, pushed: Sequence[PushedImage], *, named_by: str, waived: Sequence[str] = (), more: Sequence[str] = ()
) -> tuple[int, float, Counter[str]]:
    """The exit code, the seconds and the requests of one check, with more options.

    With these waivers, a high vulnerability blocks.
    """
    time = FakeTime()
    scenario = Scenario(name="release", summary="", expected_exit=0, pushes=tuple(pushed))
    with tempfile.TemporaryDirectory() as folder, Simulator(scenario, now=time.true_wall) as simulator:
        simulator.quota = QUOTAS.get(cloud)
        described = simulator.describe()[cloud]
        os.environ |= {f"SCAN_GATE_{name.upper()}": described[name] for name in ("access_key_id", "access_key_secret")}
        names = Path(folder) / "images.txt"
        references = (image.reference.partition("@")[0] if named_by == "tag" else image.reference for image in pushed)
        names.write_text("".join(f"{reference}\n" for reference in references), encoding="utf-8")
        options = [*cloud_options(cloud, described), "--images-from", str(names), "--timeout", "3h", *more]
        if waived:
            waivers = Path(folder) / "waivers.toml"
            waivers.write_text("".join(map(_waiver, waived)), encoding="utf-8")
            options += ["--severity-cutoff", "high", "--waivers", str(waivers)]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            code = cli.main(["check", *options], time.clock())
        return code, time.elapsed, Counter(request.operation for request in simulator.requests)


def _waiver(id_: str) -> str:
    until = NOW.date() + timedelta(days=30)
    return f'[[waiver]]\nid = "{id_}"\nimages = ["*"]\nreason = "measured"\nuntil = {until}\n\n'


def waived_by(what: str) -> list[str]:
    """What the waivers of the high vulnerabilities name on Huawei Cloud: their ids, or their CVEs."""
    numbers = [one.number for one in vulnerabilities(VULNERABILITIES) if one.severity == "high"]
    of_cves = {number: huawei.cves_of(number) for number in numbers} if what == "CVE" else {}
    return [name for number in numbers for name in of_cves.get(number) or (huawei.vul_id(number),)]


def print_waivers() -> None:
    """Measures releases on Huawei Cloud with waivers, and prints the table."""
    print("| images | high vulnerabilities waived by | calls | for CVEs | simulated seconds | exit |")
    print("| --- | --- | --- | --- | --- | --- |")
    for number, what in product(RELEASES_WITH_FINDINGS, ("id", "CVE")):
        pushed = images(number, is_fresh=True, findings=VULNERABILITIES)
        code, seconds, calls = measure("huawei", pushed, named_by="digest", waived=waived_by(what))
        figures = f"{calls.total()} | {calls['ListVulnerabilityCve']} | {seconds:.0f} | {code}"
        print(f"| {number} | {what} | {figures} |", flush=True)


def by_instance(pushed: Sequence[PushedImage]) -> tuple[PushedImage, ...]:
    """The same images in an instance of SWR Enterprise; HSS lists them, so that it knows the instance."""
    return tuple(replace(image, registry="acme-x1.swr-pro.myhuaweicloud.com", listed_after=0.0) for image in pushed)


def main() -> None:
    """Measures, and prints the tables."""
    print("| cloud | images | named by | results | calls | of these polls | simulated seconds | exit |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for cloud, named_by in product(CLOUDS, NUMBERS):
        for number, is_fresh in product(NUMBERS[named_by], (True, False)):
            code, seconds, calls = measure(cloud, images(number, is_fresh=is_fresh), named_by=named_by)
            results = "fresh" if is_fresh else "stale"
            figures = f"{calls.total()} | {calls[POLLS[cloud]]} | {seconds:.0f} | {code}"
            print(f"| {cloud} | {number} | {named_by} | {results} | {figures} |", flush=True)
    print()
    print_waivers()
    print("\nBy an instance of SWR Enterprise:\n")
    print("| images | results | calls | of these looks | simulated seconds | exit |")
    print("| --- | --- | --- | --- | --- | --- |")
    for number, is_fresh in product((1, 10, 50), (True, False)):
        pushed = by_instance(images(number, is_fresh=is_fresh))
        code, seconds, calls = measure("huawei", pushed, named_by="digest", more=BY_INSTANCE)
        results = "fresh" if is_fresh else "stale"
        figures = f"{calls.total()} | {calls['ShowInstanceArtifact']} | {seconds:.0f} | {code}"
        print(f"| {number} | {results} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
