"""No response makes the gate take more than 150 MB, and running out of memory or of descriptors has a name."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.body import MAX_BODY_BYTES
from gate.reports import REPORTS
from gate.simulator import Fault, HttpResponse, Simulator, no_response
from tests.large_bodies import ALIBABA, DOCUMENTS, HUAWEI, failed_images, largest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ROOT = Path(__file__).parent.parent
MAX_MEMORY = 150_000_000
"""Bytes of the whole process, in RAM, at any moment."""
BODIES = [
    *(("huawei", name, make) for name, make in {**DOCUMENTS, **HUAWEI}.items()),
    *(("alibaba", name, make) for name, make in ALIBABA.items()),
]
GATE = """
import sys
from pathlib import Path
from gate.cli import main

code = main(sys.argv[1:])
lines = Path("/proc/self/status").read_text().splitlines()
Path("memory").write_text(str({line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if " kB" in line}))
sys.exit(code)
"""
EVERY_REPORT = [word for name in REPORTS for word in ("--report", f"{name}=report.{name}")]

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much it was")


@contextmanager
def served(body: bytes, more_headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that answers every request with this body, compressed to a hundredth of it or less."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json", **(more_headers or {})}
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=HttpResponse(headers=headers, body=gzip.compress(body, 1))))
        yield simulator.url


def check(cloud: str, url: str, *options: str, limit: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a check in a process of its own, perhaps with a limit as the shell sets it."""
    project = ["--project-id", "p"] if cloud == "huawei" else []
    arguments = ["check", "--cloud", cloud, "--endpoint", url, "--appear-timeout", "0", "--timeout", "2s", *project]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
        environ.setdefault(f"SCAN_GATE_{name}", "of-no-account-at-all")
    script = f'{limit or ":"} && exec "$0" "$@"'
    return subprocess.run(
        ["sh", "-c", script, sys.executable, "-c", GATE, *arguments, *options],
        env={**environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def memory(what: str) -> int:
    """Bytes of the last check, by the kernel's own name."""
    sizes: dict[str, int] = json.loads(Path("memory").read_text().replace("'", '"'))
    return sizes[what]


def report() -> dict[str, Any]:
    """The json report of the last check."""
    document: dict[str, Any] = json.loads(Path("report.json").read_text())
    return document


@pytest.mark.divided
@pytest.mark.parametrize(
    ("cloud", "make"), [body[::2] for body in BODIES], ids=[f"{body[0]}-{body[1]}" for body in BODIES]
)
def test_no_response_takes_more_memory_than_the_limit(cloud: str, make: Callable[[int], bytes]) -> None:
    """Each is as large as it may be, and sent in answer to every request."""
    with served(largest(make)) as url:
        ending = check(cloud, url, *EVERY_REPORT)

    assert memory("VmHWM") < MAX_MEMORY
    assert ending.returncode == report()["exit_code"]
    assert ending.returncode in {1, 4, 5, 7}, ending.stdout
    assert "out of memory" not in ending.stdout


@pytest.mark.parametrize("name", ["empty arrays", "half a string"])
def test_a_larger_response_is_refused_before_it_is_parsed(name: str) -> None:
    with served(DOCUMENTS[name](8 * MAX_BODY_BYTES)) as url:
        ending = check("huawei", url, *EVERY_REPORT)

    assert memory("VmHWM") < MAX_MEMORY
    assert ending.returncode == 4
    assert "larger than 12582912 bytes" in ending.stdout
    assert report()["reasons"][0]["code"] == "not-understood"


def test_the_headers_of_a_large_response_take_no_memory_beside_it() -> None:
    """As many and as long as Python's HTTP client accepts them."""
    headers = {f"Header-{number}": "x" * 65_000 for number in range(95)}
    with served(largest(HUAWEI["tasks with long ids"]), headers) as url:
        ending = check("huawei", url, *EVERY_REPORT)

    assert memory("VmHWM") < MAX_MEMORY
    assert ending.returncode == report()["exit_code"] == 4
    assert "The response has more than 200000 characters of headers." in ending.stdout


def test_a_list_with_20000_failed_images_is_judged() -> None:
    body = HUAWEI["failed images"](0).replace(
        b'"failed_images":[]', b'"failed_images":%b' % json.dumps([*failed_images(20_000)]).encode()
    )
    with served(body) as url:
        ending = check("huawei", url, *EVERY_REPORT)

    assert len(body) > 8_000_000
    assert memory("VmHWM") < MAX_MEMORY
    assert ending.returncode == 1
    assert "20000 of only 9 images could not be scanned" in ending.stdout
    assert len(report()["failed_images"]) == 20_000


def a_running_task_that_completes(images: list[dict[str, str]], states: Iterable[int]) -> Callable[..., HttpResponse]:
    """Makes Huawei Cloud state these progresses, one after the other, of a task that lists these failed images."""
    now, progress = round(time.time() * 1000), iter(states)
    row: dict[str, Any] = {"task_id": "x", "task_name": "n", "task_type": "manual", "begin_time": now - 600_000}
    row |= {"total_num": 400_000, "success_num": 200_000, "failed_num": len(images), "risky_num": 0}

    def rewrite(_: str, __: Mapping[str, Any]) -> HttpResponse:
        task = row | {"task_status": next(progress), "failed_images": images}
        body = json.dumps({"data_list": [task], "total_num": 1}).encode()
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        return HttpResponse(headers=headers, body=gzip.compress(body, 1))

    return rewrite


@pytest.mark.divided
@pytest.mark.parametrize(
    ("images", "code"),
    [
        (lambda: [*failed_images(20_000)], 0),
        (lambda: [{"image_name": f"{number:0450x}"} for number in range(26_000)], 0),
        # More than the run can hold twice: the second poll is not parsed.
        (lambda: [{"image_name": f"{number:05x}"} for number in range(150_000)], 4),
    ],
    ids=["as many as are judged", "with long names", "too many"],
)
def test_the_failed_images_of_earlier_polls_count_for_the_memory_of_the_next(
    images: Callable[[], list[dict[str, str]]], code: int
) -> None:
    with Simulator("clean") as simulator:
        simulator.rewrite = a_running_task_that_completes(images(), (50, 50, 50, 100))
        described = simulator.describe()["huawei"]
        options = ["--timeout", "50s", "--poll-interval", "0.1s", "--settle", "0", "--max-failed", "999999"]
        options += ["--project-id", described["project_id"], *EVERY_REPORT]
        keys = {f"SCAN_GATE_{name.upper()}": described[name] for name in ("access_key_id", "access_key_secret")}
        ending = check("huawei", simulator.url, *options, **keys)

    assert memory("VmHWM") < MAX_MEMORY
    assert ending.returncode == code, ending.stdout
    assert ("could take more than 80 MB" in ending.stdout) is (code == 4)


def test_running_out_of_memory_has_a_name() -> None:
    """The response takes some 80 MB to parse, and the gate may take 25 MB more than without one."""
    # Otherwise glibc reserves far more than it uses, as long as it may.
    one_arena = {"MALLOC_ARENA_MAX": "1"}
    with served(b"{}") as url:
        check("huawei", url, **one_arena)
    kilobytes = memory("VmPeak") // 1024 + 25_000
    with served(largest(DOCUMENTS["arrays in arrays"])) as url:
        ending = check("huawei", url, *EVERY_REPORT, limit=f"ulimit -v {kilobytes}", **one_arena)

    assert ending.returncode == 4, ending.stderr
    assert "The gate has run out of memory." in ending.stdout
    assert "Traceback" not in ending.stderr
    (reason,) = report()["reasons"]
    assert (report()["exit_code"], reason["code"]) == (4, "out-of-memory")
    assert "ulimit -v" in reason["message"]
    assert Path("report.html").exists()


@pytest.mark.parametrize("limit", [5, 6, 8])
def test_reports_are_written_when_file_descriptors_are_short(limit: int) -> None:
    """Three are taken from the start. Of a request that timed out, none is left open."""
    options = ("--request-timeout", "0.3s", *EVERY_REPORT)
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=no_response()))
        ending = check("huawei", simulator.url, *options, limit=f"ulimit -n {limit}")

    assert ending.returncode == 4
    assert report()["reasons"][0]["code"] == "unreachable"
    assert "cannot be written" not in ending.stderr
    assert Path("report.html").exists()
