"""Counts the calls and the simulated seconds of a check of images, on both clouds.

`python -m benchmarks.images` prints a table. The images of a release are in one namespace and named by their digests or
by their tags alone, and of five images two are in a repository of their own; their scans take three minutes, and the
clouds hold to their quotas. `fresh` images were scanned an hour ago, and `stale` ones were just pushed. The clock is
simulated, so the figures are the same on every machine.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from gate import cli
from gate.clouds import CLOUDS
from gate.simulator import PushedImage, Quota, Scenario, Simulator
from gate.simulator.image import EarlierScan
from tests.builders import FakeTime
from tests.harness import cloud_options

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERS = {"digest": (1, 5, 50, 200), "tag": (1, 5, 50)}
"""How many images a release has, by what names them."""
QUOTAS = {"huawei": Quota(calls=5, seconds=60)}
"""By cloud; Alibaba Cloud documents none for these operations (alibaba-security-center.md 5)."""
SCAN_SECONDS = 180.0
POLLS = {
    "huawei": "ListRegistryImages",
    "alibaba": "GetOnceTaskResultInfo",
}
"""The operation by which a scan that goes on is followed; on Huawei Cloud, that is a look at the rows of all images."""


def images(number: int, *, is_fresh: bool) -> tuple[PushedImage, ...]:
    """The images of a release."""
    earlier = EarlierScan(ago=3600.0) if is_fresh else None
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


def measure(cloud: str, pushed: Sequence[PushedImage], *, named_by: str) -> tuple[int, float, Counter[str]]:
    """The exit code, the seconds and the requests of one check."""
    time = FakeTime()
    scenario = Scenario(name="release", summary="", expected_exit=0, pushes=tuple(pushed))
    with tempfile.TemporaryDirectory() as folder, Simulator(scenario, now=time.true_wall) as simulator:
        simulator.quota = QUOTAS.get(cloud)
        described = simulator.describe()[cloud]
        os.environ |= {f"SCAN_GATE_{name.upper()}": described[name] for name in ("access_key_id", "access_key_secret")}
        names = Path(folder) / "images.txt"
        references = (f"{image.repository}:{image.tag}" if named_by == "tag" else image.reference for image in pushed)
        names.write_text("".join(f"{reference}\n" for reference in references), encoding="utf-8")
        options = [*cloud_options(cloud, described), "--images-from", str(names), "--timeout", "3h"]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            code = cli.main(["check", *options], time.clock())
        return code, time.elapsed, Counter(request.operation for request in simulator.requests)


def main() -> None:
    """Measures, and prints the table."""
    print("| cloud | images | named by | results | calls | of these polls | simulated seconds | exit |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for cloud, named_by in product(CLOUDS, NUMBERS):
        for number, is_fresh in product(NUMBERS[named_by], (True, False)):
            code, seconds, calls = measure(cloud, images(number, is_fresh=is_fresh), named_by=named_by)
            results = "fresh" if is_fresh else "stale"
            figures = f"{calls.total()} | {calls[POLLS[cloud]]} | {seconds:.0f} | {code}"
            print(f"| {cloud} | {number} | {named_by} | {results} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
