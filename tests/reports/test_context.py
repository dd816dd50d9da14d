"""What was judged, by which policy and in which job: every report says it, and nothing in it can be forged."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape

import pytest

from gate.policy import Policy
from gate.policy_digest import policy_digest
from gate.reports import REPORTS
from gate.reports.context import ContextRow, context_rows, policy_sources
from gate.run_context import RunContext, web_address, without_user
from tests.builders import a_context, a_digest, a_finding, a_release, a_risky_image, an_outcome
from tests.reports.reading import as_variables, rendered

RELEASE = replace(a_release(a_risky_image(findings=(a_finding(),))), context=a_context(endpoint="https://hss.example"))
ADDRESSES = {
    "Repository": "https://git.example/team/shop",
    "Pipeline": "https://git.example/team/shop/runs/7?a=b&c=(d)",
    "Job": "https://git.example/team/shop/jobs/8",
}
ROWS = [
    ContextRow(key="cloud", title="Cloud", value="huawei"),
    ContextRow(key="region", title="Region", value="cn-north-4"),
    ContextRow(key="endpoint", title="Endpoint", value="https://hss.example"),
    ContextRow(key="account", title="Project or account", value="0123456789abcdef", is_code=True),
    ContextRow(key="started-tasks", title="Scan tasks started", value="task-9", is_code=True),
    ContextRow(key="repository", title="Repository", value="team/shop", url=ADDRESSES["Repository"]),
    ContextRow(key="commit", title="Commit", value="4" * 40, is_code=True),
    ContextRow(key="branch", title="Branch", value="main", is_code=True),
    ContextRow(key="pipeline", title="Pipeline", value="7", url=ADDRESSES["Pipeline"]),
    ContextRow(key="job", title="Job", value="release", url=ADDRESSES["Job"]),
    ContextRow(key="policy-digest", title="Policy digest", value=policy_digest(Policy()), is_code=True),
    ContextRow(
        key="policy-sources",
        title="Policy set by",
        value="--max-failed, the variable SCAN_GATE_MAX_RISKY (max-risky), all else by default",
    ),
    ContextRow(key="gate-version", title="Version of the gate", value="0.1.0"),
    ContextRow(
        key="gate-image", title="Image of the gate", value=f"registry.example/scan-gate@{a_digest()}", is_code=True
    ),
]
SAID = {row.title: row.value for row in ROWS}
WITHOUT_PLACE = {"code-quality"}
"""A list of issues, with no place for anything else; GitLab reads nothing but what it knows."""
OUTPUTS_ONLY = {"dotenv"}
"""What later jobs of the same pipeline do not know themselves."""


def test_everything_that_is_known_is_a_row() -> None:
    assert [*context_rows(RELEASE)] == ROWS
    assert {row.title: row.url for row in context_rows(RELEASE) if row.url} == ADDRESSES


def test_all_scan_tasks_that_the_gate_started_are_one_row() -> None:
    context = replace(a_context(), started_tasks=("task-9", "task-10"))

    rows = {row.key: row.value for row in context_rows(replace(RELEASE, context=context))}
    assert rows["started-tasks"] == "task-9, task-10"


def test_what_is_not_known_is_left_out() -> None:
    assert [row.key for row in context_rows(an_outcome())] == ["cloud", "policy-digest", "gate-version"]


@pytest.mark.parametrize("report", [*REPORTS.keys() - WITHOUT_PLACE - OUTPUTS_ONLY])
def test_every_report_says_all_of_it(report: str) -> None:
    text = unescape(rendered(report, RELEASE))

    said = [value for title, value in SAID.items() if not (report == "json" and title == "Policy set by")]
    assert [value for value in said if value not in text] == []


def test_the_json_report_says_of_each_option_of_the_policy_where_its_value_comes_from() -> None:
    assert json.loads(rendered("json", RELEASE))["policy"]["sources"] == {
        "max-failed": "--max-failed",
        "max-risky": "the variable SCAN_GATE_MAX_RISKY",
        "settle": "default",
    }


def test_later_jobs_get_the_region_the_account_and_the_digest_of_the_policy() -> None:
    found = as_variables(rendered("dotenv", RELEASE))

    assert (found["SCAN_REGION"], found["SCAN_ACCOUNT"]) == ("cn-north-4", "0123456789abcdef")
    assert found["SCAN_POLICY_DIGEST"] == policy_digest(Policy())


def test_the_pages_link_to_the_repository_the_pipeline_and_the_job() -> None:
    page, summary = rendered("html", RELEASE), rendered("markdown", RELEASE)

    for title, address in ADDRESSES.items():
        assert f'href="{address.replace("&", "&amp;")}" rel="noreferrer"' in page
        assert f"{title}: [{SAID[title]}](<{address}>)" in summary


def test_sarif_names_the_commit_where_the_standard_has_a_place_for_it() -> None:
    run = json.loads(rendered("sarif", RELEASE))["runs"][0]

    assert run["versionControlProvenance"] == [
        {"repositoryUri": "https://git.example/team/shop", "revisionId": "4" * 40, "branch": "main"}
    ]
    assert "versionControlProvenance" not in json.loads(rendered("sarif", a_release(a_risky_image())))["runs"][0]


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        ({}, ""),
        ({"max-risky": "default", "max-age": "default"}, "by default"),
        ({"max-risky": "--max-risky"}, "--max-risky"),
        (
            {"max-risky": "the input 'max-risky'", "max-age": "default"},
            "the input 'max-risky' (max-risky), all else by default",
        ),
    ],
)
def test_the_sources_of_the_policy_are_one_text(sources: dict[str, str], text: str) -> None:
    assert policy_sources(replace(an_outcome(), context=RunContext(policy_sources=sources))) == text


@pytest.mark.parametrize(
    "text", ["https://git.example/a", "http://[::1]:8080/a?b=c#d", "https://git.example/a%20b/(c)"]
)
def test_a_plain_web_address_may_be_linked_to(text: str) -> None:
    assert web_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://git.example",
        "https://",
        "https:///a",
        "https://user:secret@git.example/a",
        "https://git.example/a b",
        "https://git.example/a\nb",
        'https://git.example/"onclick="x',
        "https://git.example/<b>",
        "https://git.example/a\\b",
        "https://[git.example/a",
        "https://gít.example/a",
        "https://git.example/" + "a" * 2000,
    ],
)
def test_any_other_text_is_not(text: str | None) -> None:
    assert web_address(text) == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://user:secret@git.example/a.git", "https://git.example/a.git"),
        ("https://org@git.example/a", "https://git.example/a"),
        ("https://git.example/a@b", "https://git.example/a@b"),
        ("https://a@b@git.example/", ""),
        ("git@git.example:team/shop.git", ""),
        (None, ""),
    ],
)
def test_the_user_is_taken_out_of_the_address_of_a_repository(text: str | None, address: str) -> None:
    assert without_user(text) == address
