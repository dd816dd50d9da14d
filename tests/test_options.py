"""The table of options: from what a user states to the settings of a run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.options import OPTIONS, SECRETS, cloud_options, config_values, settings_from
from gate.policy import Policy
from gate.settings import Settings, report_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate


def test_without_any_wish_but_the_cloud_the_defaults_hold() -> None:
    assert settings_from({"cloud": "huawei"}) == Settings(cloud="huawei", policy=Policy())


def test_every_wish_arrives_where_it_belongs() -> None:
    wishes: dict[str, Any] = {
        "cloud": "huawei",
        "region": "cn-north-4",
        "endpoint": "https://hss.example.com",
        "task-id": "t",
        "max-failed": 1,
        "max-risky": 2,
        "max-age": None,
        "warn-only": True,
        "on-undecided": "warn",
        "appear-timeout": 3.0,
        "timeout": 4.0,
        "poll-interval": 5.0,
        "request-timeout": 6.0,
        "report": [report_target("json=a.json")],
        "project-id": "p",
        "scan-scope": "0x7fffffff",
    }

    assert settings_from(wishes) == Settings(
        cloud="huawei",
        region="cn-north-4",
        endpoint="https://hss.example.com",
        task_id="t",
        policy=Policy(max_failed=1, max_risky=2, max_age=None, warn_only=True, warn_undecided=True),
        appear_timeout=3.0,
        timeout=4.0,
        poll_interval=5.0,
        request_timeout=6.0,
        reports=(report_target("json=a.json"),),
        for_cloud={"project-id": "p", "scan-scope": 0x7FFFFFFF},
    )


def test_a_run_without_a_cloud_is_refused() -> None:
    with pytest.raises(UsageError, match=r"No cloud is given\."):
        settings_from({})


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("type", "image_scam", "--type: 'image_scam' is not one of image_scan, image_sync"),
        ("task-type", "cicd", "--task-type: 'cicd' is not one of cycle, manual, autoSync, manualSync"),
        ("limit", "9", "--limit: '9' is not a whole number from 10 to 200"),
        ("limit", "201", "--limit: '201' is not a whole number from 10 to 200"),
        ("limit", "ten", "--limit: 'ten' is not a whole number"),
        ("scan-scope", "0x80000000", "--scan-scope: '0x80000000' is not a whole number from 0 to 2147483647"),
        ("create-time", "4070880000001", "--create-time: '4070880000001' is not a whole number"),
        ("end-time", "-1", "--end-time: '-1' is not a whole number"),
        ("task-name", "x" * 257, "--task-name: 257 characters are too many; the API takes 256"),
        ("iam-endpoint", "http://iam.example.com", "would send credentials unencrypted"),
    ],
)
def test_what_the_api_documents_as_out_of_range_is_refused_before_it_is_sent(
    name: str, value: str, warning: str
) -> None:
    with pytest.raises(UsageError, match=warning):
        settings_from({"cloud": "huawei", name: value})


@pytest.mark.parametrize("other", ["./a", "x/../a", "link/a"])
def test_two_reports_may_not_overwrite_each_other(other: str) -> None:
    Path("link").symlink_to(".")
    reports = [report_target("json=a"), report_target(f"markdown={other}")]

    with pytest.raises(UsageError, match="Two reports have the same path"):
        settings_from({"cloud": "huawei", "report": reports})


def test_a_report_that_takes_the_place_of_a_link_does_not_overwrite_what_it_leads_to() -> None:
    Path("link").symlink_to("a")
    reports = (report_target("json=a"), report_target("markdown=link"))

    assert settings_from({"cloud": "huawei", "report": reports}).reports == reports


def test_an_option_of_another_cloud_is_refused_and_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace  # noqa: PLC0415 - used by this test only

    bare = replace(CLOUDS["huawei"], options=())
    monkeypatch.setattr("gate.options.CLOUDS", {"huawei": CLOUDS["huawei"], "bare": bare})

    with pytest.raises(UsageError, match=r"--project-id is no option of bare\. It means something to another cloud"):
        settings_from({"cloud": "bare", "project-id": "p"})


def test_an_option_that_two_clouds_share_is_described_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gate.options.CLOUDS", {"one": CLOUDS["huawei"], "two": CLOUDS["huawei"]})

    helps = {option.name: option.help for option in cloud_options()}

    assert helps["task-name"] == "one: only tasks with this in their name; two: only tasks with this in their name"


def test_no_option_has_the_name_of_a_secret() -> None:
    names = [option.name for option in OPTIONS]

    assert not set(names) & set(SECRETS)
    assert len(names) == len(set(names))


NAMES = ("max-failed", "max-risky", "report", "max-age", "warn-only", "started-after")


def test_the_file_holds_options_by_name(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('max-failed = 2\nmax-age = "48h"\nreport = "json=a\\nmarkdown=b"\nwarn-only = true\n')

    assert config_values(path, NAMES) == {
        "max-failed": 2,
        "max-age": "48h",
        "report": ["json=a", "markdown=b"],
        "warn-only": True,
    }


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("max-riskyy = 1", r"unknown key 'max-riskyy'; did you mean 'max-risky'\? .*Correct the key"),
        ("zzz = 1", r"unknown key 'zzz'\. Keys|unknown key 'zzz'\. Correct"),
        ('access-key-secret = "x"', r"secrets never stand in the file\. Put secrets into the environment"),
        ("[gate]\nmax-failed = 1", "unknown key 'gate'"),
        ("max-failed =", "cannot be read"),
        ("max-failed = true", "has a value for 'max-failed' that it cannot have"),
        ("max-failed = [1]", "has a value for 'max-failed' that it cannot have"),
        ("max-failed = {a = 1}", "has a value for 'max-failed' that it cannot have"),
        ("report = 1", "has a value for 'report' that it cannot have"),
        ("warn-only = 2", "has a value for 'warn-only' that it cannot have"),
        ('warn-only = "yes"', "has a value for 'warn-only' that it cannot have"),
        ("max-failed = " + "[" * 5000, "cannot be read"),
        ("\udcff".encode("utf-8", "surrogateescape"), "cannot be read"),
    ],
)
def test_a_file_that_says_what_nobody_understands_is_refused(text: str | bytes, warning: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)

    with pytest.raises(UsageError, match=warning):
        config_values(path, NAMES)


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        config_values(tmp_path / "absent.toml", NAMES)


def test_the_default_age_is_a_day() -> None:
    assert settings_from({"cloud": "huawei"}).policy.max_age == timedelta(days=1)


def test_a_folder_that_may_not_be_looked_into_has_no_file_of_options(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is too long is as good: for root, every folder may be looked into."""
    monkeypatch.setattr("gate.command_line.DEFAULT_FILE", "x" * 300)

    assert gate_in("clean").run("status").code == 0
