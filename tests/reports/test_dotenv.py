"""The `dotenv` report, by the rules of GitLab (ci-hosts.md 4.2), which refuses a file that breaks one of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.environment import variables
from gate.errors import Interrupted
from gate.image import ImageRef
from gate.options import OPTIONS
from gate.policy import Policy, undecided
from gate.policy_digest import policy_digest
from gate.reports import dotenv
from tests.builders import a_digest, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import FIELDS, an_ending
from tests.reports.reading import as_variables

if TYPE_CHECKING:
    from gate.outcome import Outcome


TASK_IDS = HOSTILE | {
    "shell": "$(id) `id` ${HOME} $HOME \"q\" 'q' \\ ; & | < > ( ) { } * ? [a] ! ~ # %PATH% = ,",
    "digits of the world": "٣３",
}
every_id = pytest.mark.parametrize("task_id", TASK_IDS.values(), ids=TASK_IDS)


def render(outcome: Outcome) -> str:
    return "".join(dotenv.render(outcome))


def test_the_outputs_are_variables() -> None:
    assert render(an_outcome(a_task(risky=2))) == (
        "SCAN_VERDICT=blocked\n"
        "SCAN_EXIT_CODE=1\n"
        "SCAN_TASK_ID=task-1\n"
        "SCAN_TASK_STATE=complete\n"
        "SCAN_TASK_TYPE=manual\n"
        "SCAN_SCOPE=baseline_malicious-file_vulnerability\n"
        "SCAN_ALL_IMAGES=true\n"
        "SCAN_IMAGE_TYPE=registry\n"
        "SCAN_TOTAL_NUM=3\n"
        "SCAN_SUCCESS_NUM=3\n"
        "SCAN_FAILED_NUM=0\n"
        "SCAN_RISKY_NUM=2\n"
        "SCAN_IMAGES_TOTAL=\n"
        "SCAN_IMAGES_RISKY=\n"
        "SCAN_REGION=\n"
        "SCAN_ACCOUNT=\n"
        f"SCAN_POLICY_DIGEST={policy_digest(Policy())}\n"
        "SCAN_IMAGES=[]\n"
    )


def test_the_images_are_a_variable_too_without_anything_to_expand() -> None:
    ref = ImageRef(registry="swr", name="a$(id)'\"`镜", tag="1.0", digest=a_digest())
    found = as_variables(render(a_release(a_risky_image(image=ref), an_image("till"))))

    assert (found["SCAN_IMAGES_TOTAL"], found["SCAN_IMAGES_RISKY"]) == ("2", "1")
    assert [image["image"] for image in json.loads(found["SCAN_IMAGES"])] == [
        f"swr/a__id_____:1.0@{a_digest()}",
        f"swr/team/till:1.0@{a_digest()}",
    ]


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("staging", "STAGING"),
        ("gate-task-id", "GATE_TASK_ID"),
        ("GATE", "GATE_DD3BFE5F"),
        ("a.b-c_d", "A_B_C_D_15E1C269"),
    ],
)
def test_the_name_of_the_gate_ends_the_names_of_the_variables_and_makes_none_an_option(name: str, end: str) -> None:
    found = as_variables(render(replace(an_outcome(), name=name)))

    assert found[f"SCAN_VERDICT_{end}"] == "passed"
    assert not found.keys() & {
        name for option in OPTIONS for name in variables(option.name, {"GITHUB_ACTIONS": "true"})
    }
    assert not [variable for variable in found if variable.startswith("SCAN_GATE_")]


@pytest.mark.parametrize(
    ("identity", "variable"),
    [
        ("", "SCAN_VERDICT"),
        ("scan-gate", "SCAN_VERDICT"),
        ("image-scan", "SCAN_VERDICT_IMAGE_SCAN"),
        ("gate: [eu]", "SCAN_VERDICT_GATE___EU__29758FBA"),
    ],
)
def test_without_a_name_that_of_the_job_ends_them_unless_it_is_that_of_the_gate(identity: str, variable: str) -> None:
    assert as_variables(render(replace(an_outcome(), identity=identity)))[variable] == "passed"


def test_unknown_values_are_empty() -> None:
    found = as_variables(render(an_outcome(verdict=undecided(Interrupted(2)))))

    assert {name for name, value in found.items() if value} == {"SCAN_VERDICT", "SCAN_EXIT_CODE", "SCAN_POLICY_DIGEST"}


@every_id
def test_no_task_id_makes_it_larger_than_gitlab_takes(task_id: str) -> None:
    for ending in ("blocked", "release blocked", "blocked by a risky image"):
        outcome = an_ending(ending, dict.fromkeys(FIELDS, task_id * 99))
        for identity in ("", task_id):
            text = render(replace(outcome, identity=identity))

            assert len(as_variables(text)) <= 20
            assert len(text.encode()) < 5 * 1024


@every_id
def test_each_line_is_a_name_and_a_value_without_anything_to_expand(task_id: str) -> None:
    """GitLab keeps quotes, strips blanks, refuses empty lines, and expands `$`; a shell does far more."""
    for ending in ("blocked", "release blocked"):
        text = render(an_ending(ending, dict.fromkeys(FIELDS, task_id)))

        *lines, images = text[:-1].split("\n")
        assert not [line for line in lines if not re.fullmatch(r"SCAN_[A-Z0-9_]+=[A-Za-z0-9._:/@+-]*", line)]
        assert re.fullmatch(r'SCAN_IMAGES[A-Z0-9_]*=[A-Za-z0-9._:/@+"\[\]{},-]*', images)
        assert re.fullmatch(r"SCAN_VERDICT[A-Z0-9_]*=blocked", lines[0])


def test_real_ids_are_unchanged() -> None:
    for task_id in ("0e719c2a-4fa2-5934-a2ce-38c317df1432", "a_b.c:d/e@f+g", "AZaz09", "x" * 255):
        assert as_variables(render(an_ending("passed", {"task id": task_id})))["SCAN_TASK_ID"] == task_id


def test_a_longer_value_is_cut() -> None:
    variables = as_variables(render(an_ending("passed", {"task id": "x" * 256})))

    assert variables["SCAN_TASK_ID"] == "x" * 255


def test_no_variable_is_an_option_of_the_gate_in_a_later_job() -> None:
    options = {name for option in OPTIONS for name in variables(option.name, {"GITHUB_ACTIONS": "true"})}

    assert not options & set(as_variables(render(an_outcome())))


@pytest.mark.parametrize("name", ["", "staging"])
def test_however_many_images_there_are_the_file_is_nearly_as_large_as_gitlab_takes(name: str) -> None:
    """It takes less than 5 KB."""
    text = render(replace(a_release(*(an_image(f"web-{number}") for number in range(200))), name=name))

    # An image less would leave more room than one image takes.
    assert 5 * 1024 - 200 < len(text.encode()) < 5 * 1024


@pytest.mark.parametrize(("name", "count"), [("", 30), ("staging", 29)])
def test_the_largest_file_is_a_byte_smaller_than_what_gitlab_refuses(name: str, count: int) -> None:
    images = [an_image(f"web-{number}") for number in range(count)]
    outcomes = (a_release(*images, an_image("w" * length)) for length in range(200))

    sizes = {len(render(replace(outcome, name=name)).encode()) for outcome in outcomes}

    assert max(sizes) == 5 * 1024 - 1
