"""The `json` report, against the schema that ships with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gate.errors import Interrupted, UsageError
from gate.finding import FindingPolicy, KnownFinding
from gate.image import ImageRef, ImageState, Severity
from gate.outcome import Event, EventKind
from gate.policy import Policy, undecided
from gate.policy_digest import policy_digest
from gate.reports import REPORTS, json_report
from gate.scan import RISK_SCOPES, ScanScope, TaskState
from gate.text import as_json
from gate.verdict_messages import too_many_failed, too_many_risky
from tests.builders import (
    NOW,
    a_digest,
    a_failed_image,
    a_finding,
    a_release,
    a_risky_image,
    a_task,
    a_waiver,
    an_image,
    an_outcome,
)

if TYPE_CHECKING:
    from gate.outcome import Outcome

SCHEMA = json.loads(files("gate.reports").joinpath("report-2.schema.json").read_text())


def render(outcome: Outcome) -> str:
    return "".join(json_report.render(outcome))


def read(outcome: Outcome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(outcome))
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


CONTEXT = (
    *("region", "endpoint", "account", "ci", "repository", "repository_url", "commit", "branch"),
    *("pipeline", "pipeline_url", "job", "job_url", "gate_image"),
)


def test_an_image_has_its_scopes_its_findings_and_what_the_cloud_says_of_it() -> None:
    found = (a_finding(is_fixable=True),)
    policy = Policy(findings=FindingPolicy(severity_cutoff=Severity.CRITICAL))
    outcome = a_release(a_risky_image(scopes=RISK_SCOPES, findings=found), policy=policy)

    (image,) = read(outcome)["images"]

    assert image["scope"] == ["baseline", "malicious-file", "vulnerability"]
    assert (image["risky"], image["cloud_risky"]) == (False, True)
    assert [one["fixable"] for one in image["listed_findings"]] == [True]
    assert render(outcome) == as_json(json.loads(render(outcome)))


def test_the_findings_that_are_gone_from_the_baseline_are_listed() -> None:
    known = KnownFinding(id="HW-4", package="expat", kind=ScanScope.VULNERABILITY, repository="swr/team/web")

    assert read(replace(a_release(), gone=(known,)))["gone"] == [
        {"id": "HW-4", "package": "expat", "kind": "vulnerability", "repository": "swr/team/web"}
    ]


def test_a_policy_on_findings_says_whether_unused_waivers_block_and_as_of_which_day_it_is() -> None:
    findings = FindingPolicy(
        waivers=(a_waiver(until=None), a_waiver("HW-9")), unused_waivers_block=True, as_of=NOW.date()
    )

    document = read(a_release(a_risky_image(findings=(a_finding(),)), policy=Policy(findings=findings)))

    assert (document["policy"]["unused_waivers"], document["policy"]["as_of"]) == ("block", "2026-01-31")
    assert [waiver["until"] for waiver in document["waivers"]] == [None, "2026-03-02"]


def test_times_are_of_milliseconds() -> None:
    outcome = replace(an_outcome(a_task(ended_at=NOW + timedelta(microseconds=1999))), seconds=1.23456)
    document = read(outcome)

    assert (document["task"]["ended_at"], document["wait"]["seconds"]) == ("2026-01-31T12:00:00.001Z", 1.235)


def test_a_pass_is_reported_completely() -> None:
    events = tuple(
        Event(kind=kind, at=0.0) for kind in (EventKind.POLL, EventKind.RETRY, EventKind.PAUSE, EventKind.POLL)
    )

    assert read(an_outcome(events=events)) == {
        "schema": "scan-gate/report/2",
        "verdict": "passed",
        "exit_code": 0,
        "enforced": True,
        "reasons": [],
        "name": None,
        "cloud": "huawei",
        "context": {**dict.fromkeys(CONTEXT), "started_tasks": []},
        "task": {
            "asks_for_images": False,
            "id": "task-1",
            "name": "nightly",
            "type": "manual",
            "scope": ["baseline", "malicious-file", "vulnerability"],
            "is_all": True,
            "image_type": "registry",
            "risk_applies": True,
            "has_unread_failures": False,
            "state": "complete",
            "raw_state": "100",
            "progress": None,
            "began_at": "2026-01-31T11:55:00.000Z",
            "ended_at": None,
        },
        "counts": {"total": 3, "succeeded": 3, "failed": 0, "risky": 0},
        "failed_images": [],
        "images": [],
        "waivers": [],
        "gone": [],
        "policy": {
            "digest": policy_digest(Policy()),
            "max_failed": 0,
            "max_risky": 0,
            "max_age": 86400.0,
            "started_after": None,
            "required_scope": ["baseline", "malicious-file", "vulnerability"],
            "settle": 60.0,
            "severity_cutoff": None,
            "max_findings": {},
            "has_critical": False,
            "only_fixable": False,
            "unused_waivers": "warn",
            "as_of": None,
            "has_baseline": False,
            "warn_only": False,
            "on_undecided": "fail",
            "sources": {},
        },
        "wait": {"looks": 2, "retries": 1, "seconds": 61.5, "settled": True, "judged_at": "2026-01-31T12:00:00.000Z"},
        "gate_version": "0.1.0",
        "generated_at": "2026-01-31T12:00:00.000Z",
    }


def test_a_block_says_why_with_numbers_and_names_every_failed_image() -> None:
    task = a_task(
        total=5, failed=1, succeeded=4, risky=4, failed_images=(a_failed_image("shop"), a_failed_image("till"))
    )

    document = read(an_outcome(task, policy=Policy(max_risky=1)))

    assert (document["verdict"], document["exit_code"], document["enforced"]) == ("blocked", 1, True)
    assert document["reasons"] == [
        {
            "code": "too-many-failed",
            "message": too_many_failed(2, 0, task=task, is_exact=True, is_judged_above=True),
            "actual": 2,
            "limit": 0,
        },
        {
            "code": "too-many-risky",
            "message": too_many_risky(4, 1, task=task, is_judged_above=True),
            "actual": 4,
            "limit": 1,
        },
    ]
    assert document["failed_images"][1] == {
        "registry": "swr",
        "namespace": "team",
        "name": "till",
        "tag": "1.0",
        "digest": "",
        "reason": "download_failed",
    }


def test_each_image_that_was_asked_for_is_there_with_all_that_the_cloud_says_of_it() -> None:
    moved = a_risky_image("shop", moved_to=a_digest("b"), highest=Severity.CRITICAL)

    document = read(a_release(moved, an_image("till")))

    assert document["task"]["asks_for_images"] is True
    first, second = document["images"]
    assert first == {
        "reference": f"swr/team/shop:1.0@{a_digest()}",
        "registry": "swr",
        "namespace": "team",
        "name": "shop",
        "tag": "1.0",
        "digest": a_digest(),
        "state": "scanned",
        "raw_state": "scanned",
        "scanned_at": "2026-01-31T11:55:00.000Z",
        "risky": True,
        "cloud_risky": True,
        "scope": None,
        "highest": "critical",
        "findings": {
            "vulnerability": 7,
            "baseline": None,
            "malicious-file": None,
            "sensitive-information": None,
            "software-compliance": None,
        },
        "severities": {"unknown": None, "critical": None, "high": 2, "medium": 5, "low": None},
        "listed_findings": None,
        "findings_doubt": "",
        "reason": "",
        "warning": "",
        "listed_digest": "",
        "moved_to": a_digest("b"),
    }
    assert (second["name"], second["risky"], second["highest"]) == ("till", False, None)


def test_cves_that_are_not_known_are_null_and_those_of_a_finding_without_any_an_empty_list() -> None:
    found = (a_finding("X-1", has_unknown_cves=True), a_finding("X-2"))

    (image,) = read(a_release(a_risky_image(findings=found)))["images"]

    assert [one["cves"] for one in image["listed_findings"]] == [None, []]


def test_each_listed_finding_is_there_with_the_waiver_by_which_it_is_waived() -> None:
    waivers = (a_waiver("X-1"), a_waiver("X-2", until=NOW.date() - timedelta(days=1)), a_waiver("X-3", owner="ana"))
    policy = FindingPolicy(waivers=waivers, max_findings={Severity.HIGH: 2}, as_of=NOW.date())
    found = (a_finding("X-3", cves=("CVE-1", "CVE-2"), raw_severity="asap", handled="whitelisted"), a_finding("X-2"))
    listed = a_risky_image(findings=found, findings_doubt="1 of 2 pages")

    document = read(a_release(listed, policy=Policy(findings=policy)))

    (image,) = document["images"]
    assert (image["risky"], image["cloud_risky"], image["findings_doubt"]) == (True, True, "1 of 2 pages")
    assert image["listed_findings"][0] == {
        "id": "X-3",
        "cves": ["CVE-1", "CVE-2"],
        "package": "openssl",
        "version": "3.0.1",
        "fixed_version": "",
        "fixable": None,
        "severity": "high",
        "raw_severity": "asap",
        "kind": "vulnerability",
        "handled": "whitelisted",
        "status": "waived",
        "waiver": 2,
    }
    assert [(one["status"], one["waiver"], one["cves"]) for one in image["listed_findings"][1:]] == [("open", None, [])]
    assert [(one["id"], one["matches"], one["expired"]) for one in document["waivers"]] == [
        ("X-1", 0, False),
        ("X-2", 1, True),
        ("X-3", 1, False),
    ]
    assert document["waivers"][2] == {
        "id": "X-3",
        "images": ["*"],
        "digests": [],
        "package": "",
        "version": "",
        "reason": "not reachable",
        "owner": "ana",
        "until": "2026-03-02",
        "justification": "",
        "source": "",
        "matches": 1,
        "expired": False,
        "ends_soon": False,
    }
    assert (document["policy"]["max_findings"], document["policy"]["as_of"]) == ({"high": 2}, "2026-01-31")


def test_a_list_without_findings_is_empty_and_not_null() -> None:
    (found,) = read(a_release(an_image(findings=())))["images"]

    assert found["listed_findings"] == []


def test_zero_findings_are_zero_and_not_null() -> None:
    image = a_risky_image(kinds=dict.fromkeys(ScanScope, 0), severities=dict.fromkeys(Severity, 0))

    (found,) = read(a_release(image))["images"]

    assert set(found["findings"].values()) == set(found["severities"].values()) == {0}


@pytest.mark.parametrize("state", list(ImageState))
def test_an_image_is_there_in_every_state_and_failed_ones_are_listed_with_their_reasons_too(state: ImageState) -> None:
    image = an_image(state=state, reason="too big", raw_state="142", listed_digest="sha256:0f", scanned_at=None)

    document = read(a_release(image))

    (found,) = document["images"]
    assert (found["state"], found["raw_state"], found["reason"]) == (state, "142", "too big")
    assert (found["listed_digest"], found["scanned_at"]) == ("sha256:0f", None)
    assert [failed["reason"] for failed in document["failed_images"]] == (["too big"] if state == "failed" else [])


def test_the_risky_images_of_a_task_are_there_as_far_as_the_cloud_names_them() -> None:
    document = read(an_outcome(a_task(risky=2, images=(a_risky_image("shop"),), failed_images=(a_failed_image(),))))

    assert (document["task"]["asks_for_images"], document["counts"]["risky"]) == (False, 2)
    assert [image["name"] for image in document["images"]] == ["shop"]
    assert len(document["failed_images"]) == 1


def test_counts_are_those_of_the_cloud_and_null_where_it_gave_none() -> None:
    document = read(an_outcome(a_task(total=5, succeeded=5, failed=0, risky=None)))

    assert document["counts"] == {"total": 5, "succeeded": 5, "failed": 0, "risky": None}
    assert document["exit_code"] == 7


def test_a_block_made_a_warning_keeps_its_code_and_is_not_enforced() -> None:
    document = read(an_outcome(a_task(risky=1), policy=Policy(warn_only=True, warn_undecided=True)))

    assert (document["verdict"], document["exit_code"], document["enforced"]) == ("blocked", 1, False)
    assert document["policy"]["warn_only"] is True
    assert document["policy"]["on_undecided"] == "warn"


@pytest.mark.parametrize("cause", [UsageError("Wrong."), Interrupted(15)])
def test_without_a_task_there_is_still_a_report(cause: UsageError | Interrupted) -> None:
    document = read(replace(an_outcome(verdict=undecided(cause)), cloud=""))

    assert (document["verdict"], document["task"], document["cloud"]) == ("undecided", None, None)
    assert set(document["counts"].values()) == {None}


def test_times_are_utc_to_the_millisecond() -> None:
    started = datetime(2026, 1, 31, 11, 59, 59, 999_999, tzinfo=UTC)
    policy = Policy(started_after=NOW - timedelta(hours=1), max_age=None)

    document = read(an_outcome(a_task(started_at=started), policy=policy))

    assert document["task"]["began_at"] == "2026-01-31T11:59:59.999Z"
    assert document["policy"]["started_after"] == "2026-01-31T11:00:00.000Z"
    assert document["policy"]["max_age"] is None


@pytest.mark.parametrize("state", list(TaskState))
def test_every_state_is_one_of_the_schemas(state: TaskState) -> None:
    assert read(an_outcome(a_task(state=state)))["task"]["state"] == state


def test_hostile_text_is_unchanged_and_written_in_ascii() -> None:
    hostile = '"}],\n\x00\ud800\u202e<script>::error::'

    text = render(an_outcome(a_task(name=hostile, failed_images=(a_failed_image(hostile, hostile),))))

    assert text.isascii()
    assert json.loads(text)["task"]["name"] == hostile
    assert json.loads(text)["failed_images"][0]["name"] == hostile


def test_hostile_text_of_an_image_is_unchanged_too() -> None:
    hostile = '"}],\n\x00\ud800\u202e<script>::error::'
    parts = dict.fromkeys(ImageRef.__slots__, hostile)
    image = an_image(
        image=ImageRef(**parts),
        raw_state=hostile,
        reason=hostile,
        warning=hostile,
        listed_digest=hostile,
        moved_to=hostile,
    )

    text = render(a_release(image))

    assert text.isascii()
    (found,) = json.loads(text)["images"]
    fields = [*parts, "raw_state", "reason", "warning", "listed_digest", "moved_to"]
    assert {name: found[name] for name in fields} == dict.fromkeys(fields, hostile)
    assert found["reference"] == str(image.image)


def test_every_format_renders_every_kind_of_outcome() -> None:
    outcomes = [an_outcome(), an_outcome(a_task(risky=9)), an_outcome(verdict=undecided(Interrupted(2)))]

    assert {
        name: all(report.render(outcome) for outcome in outcomes) for name, report in REPORTS.items()
    } == dict.fromkeys(REPORTS, True)


def test_a_time_has_whole_milliseconds_that_are_never_later_than_it() -> None:
    outcome = replace(an_outcome(), generated_at=NOW.replace(microsecond=999_000))

    assert json.loads(render(outcome))["generated_at"] == "2026-01-31T12:00:00.999Z"
