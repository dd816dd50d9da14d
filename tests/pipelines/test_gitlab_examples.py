"""gitlab-ci-local reads each pipeline of docs/gitlab.md, and makes the jobs of it that the page promises.

It runs no job, so these tests need no Docker Engine.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.pipelines.engine import ROOT, run
from tests.test_gitlab_examples import BLOCKS, every_block, jobs, pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RUNNER = ROOT / "tests" / "pipelines" / "node_modules" / ".bin" / "gitlab-ci-local"

pytestmark = [
    pytest.mark.pipelines,
    pytest.mark.skipif(
        not os.environ.get("NEEDS_PIPELINES") and not shutil.which(str(RUNNER)),
        reason="gitlab-ci-local is not installed",
    ),
]


def runner(folder: Path, document: Mapping[str, Any], *words: str) -> str:
    """What the runner prints of a pipeline, in a repository that has the component itself."""
    included = [{"local": "templates/scan-gate.yml", "inputs": part["inputs"]} for part in document.get("include", [])]
    folder.mkdir(exist_ok=True)
    (folder / ".gitlab-ci.yml").write_text(json.dumps({**document, "include": included}))
    shutil.copytree(ROOT / "templates", folder / "templates")
    for step in (
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", "http://127.0.0.1/team/shop.git"),
        ("add", "-A"),
    ):
        run("git", *step, cwd=folder)
    run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x", cwd=folder)
    return run(str(RUNNER), "--no-color", *words, cwd=folder).stdout


@every_block
def test_the_runner_merges_the_jobs_of_each_example_as_the_page_says(block: str, tmp_path: Path) -> None:
    printed = runner(tmp_path, pipeline(block), "--preview")

    found = yaml.safe_load(printed[printed.index("---\n") :])
    for name, definition in jobs(block).items():
        expected = {**definition, **_written_out(definition.get("needs", []))}
        assert {key: found[name][key] for key in expected} == expected, printed


def _written_out(needs: Sequence[str]) -> dict[str, Any]:
    """The names of jobs as the runner prints them."""
    return {"needs": [{"job": name, "artifacts": True, "optional": False} for name in needs]} if needs else {}


def test_the_runner_refuses_a_deployment_without_the_gate_that_it_needs(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if "deploy" in yaml.safe_load(block)]
    document = pipeline(block)
    assert "needed by" not in runner(tmp_path, document, "--validate-dependency-chain")

    document["scan-gate"]["rules"] = [{"when": "never"}]

    log = runner(tmp_path / "without", document, "--validate-dependency-chain")
    assert "scan-gate is when:never, but its needed by deploy" in log
