"""The YAML of docs/gitlab.md, and what every page gives the GitLab component: GitLab can create these pipelines.

`tests/pipelines/test_gitlab_examples.py` has gitlab-ci-local merge the same jobs.
"""

from __future__ import annotations

import importlib.resources
import json
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from gate import cli
from tests.harness import CLOUDS
from tests.test_component import INPUTS, job
from tests.test_contracts import EXAMPLES

if TYPE_CHECKING:
    from tests.builders import FakeTime

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "gitlab.md").read_text()
BLOCKS = [
    textwrap.dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, flags=re.MULTILINE | re.DOTALL)
]
"""Also those in a list, which are indented."""
GIVEN = [
    included["inputs"]
    for block in EXAMPLES
    if "component: $CI_SERVER_FQDN" in block
    for included in yaml.safe_load(block)["include"]
]
TYPES = {"string": str, "number": int | float, "boolean": bool, "array": list}
every_block = pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))


def pipeline(block: str) -> dict[str, Any]:
    """A block as it is, or with the component of the first block if it only adds something to the job."""
    document: dict[str, Any] = yaml.safe_load(block)
    return {**yaml.safe_load(BLOCKS[0]), **document} if document.keys() == {"scan-gate"} else document


def merged(own: Any, included: Any) -> Any:
    """What GitLab makes of two jobs of one name: ci-hosts.md 4.2."""
    if not isinstance(own, dict) or not isinstance(included, dict):
        return own
    return {**included, **{key: merged(value, included.get(key)) for key, value in own.items()}}


def jobs(block: str) -> dict[str, Any]:
    """The jobs of the pipeline that a block results in."""
    document = pipeline(block)
    include, _ = document.pop("include", []), document.pop("stages", [])
    for included in include:
        inputs = {name.replace("-", "_"): value for name, value in included["inputs"].items()}
        document["scan-gate"] = merged(document.get("scan-gate", {}), job(**inputs))
    return document


@cache
def schema() -> dict[str, Any]:
    """GitLab's schema of a pipeline."""
    pytest.importorskip("check_jsonschema", reason="GitLab's schema comes with check-jsonschema")
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    found: dict[str, Any] = json.loads((schemas / "gitlab-ci.json").read_text())
    return found


def test_the_page_has_an_example_for_each_cloud_and_for_each_keyword() -> None:
    clouds = [included["inputs"]["cloud"] for block in BLOCKS for included in pipeline(block).get("include", [])]
    keywords = {keyword for block in BLOCKS for keyword in yaml.safe_load(block).get("scan-gate", {})}

    assert clouds[: len(CLOUDS)] == [*CLOUDS]
    assert keywords >= {"rules", "needs", "tags", "timeout", "artifacts"}


@pytest.mark.parametrize("inputs", GIVEN, ids=range(len(GIVEN)))
def test_every_example_gives_the_component_inputs_of_the_right_type(inputs: dict[str, Any]) -> None:
    assert {name for name, spec in INPUTS.items() if "default" not in spec} <= inputs.keys() <= INPUTS.keys()
    for name, value in inputs.items():
        spec = INPUTS[name]
        assert isinstance(value, TYPES[spec["type"]])
        assert isinstance(value, bool) is (spec["type"] == "boolean")
        assert value in spec.get("options", [value])


@every_block
def test_every_pipeline_is_valid_by_gitlabs_schema(block: str) -> None:
    jsonschema.validate({**pipeline(block), **jobs(block)}, schema())


@every_block
def test_every_job_that_another_one_names_is_in_the_pipeline(block: str) -> None:
    """And a job gets artifacts only of jobs that it needs, if it says which."""
    found = jobs(block)
    for definition in found.values():
        needs, dependencies = ({*definition.get(key, [])} for key in ("needs", "dependencies"))
        assert needs | dependencies <= found.keys()
        assert not needs or dependencies <= needs


def test_what_deploys_is_in_no_pipeline_without_the_gate() -> None:
    (found,) = [jobs(block) for block in BLOCKS if "deploy" in yaml.safe_load(block)]

    assert found["deploy"]["needs"] == ["scan-gate"]
    assert found["deploy"]["rules"] == found["scan-gate"]["rules"]


def test_the_job_outlives_the_gate() -> None:
    (found,) = [pipeline(block) for block in BLOCKS if "deploy" in yaml.safe_load(block)]
    (own, of_the_gate) = (found["scan-gate"]["timeout"], found["include"][0]["inputs"]["timeout"])

    assert re.fullmatch(r"\d+ minutes", own)
    assert int(own.split()[0]) > int(of_the_gate.removesuffix("m"))


def test_the_link_opens_the_page_where_it_is_the_only_artifact() -> None:
    (found,) = [jobs(block)["scan-gate"] for block in BLOCKS if "expose_as" in block]

    assert f"--report=html={found['artifacts']['paths'][0]}" in "\n".join(found["script"])
    assert len(found["artifacts"]["paths"]) == 1
    assert found["artifacts"]["when"] == "always"
    assert found["artifacts"]["reports"] == job()["artifacts"]["reports"]


def test_without_keys_the_job_ends_with_the_code_and_the_message_that_the_page_says(
    fake_time: FakeTime, capfd: pytest.CaptureFixture[str]
) -> None:
    ((code, quoted),) = re.findall(r"ends with (\d+):\n\n```\n(There are no credentials .*)\n```", PAGE)
    words = ["check", "--no-variables", "--ci=gitlab", "--cloud=huawei", "--region=cn-north-4"]

    ended = cli.main(words, fake_time.clock())

    verdict = capfd.readouterr().out
    assert ended == int(code)
    assert f"\n  {quoted}\n" in verdict
    assert "polls: 0," in verdict
