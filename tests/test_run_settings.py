"""The settings of a run: from the values of its options, checked against each other."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.images.from_file import ListedImage
from gate.images.reference import image_reference
from gate.policy import Policy
from gate.run_settings import settings_from
from gate.scan import ScanScope
from gate.settings import Settings, SignInSettings, report_target


def test_with_nothing_but_the_cloud_the_defaults_apply() -> None:
    assert settings_from({"cloud": "huawei"}) == Settings(cloud="huawei", policy=Policy())


def test_every_option_becomes_its_setting() -> None:
    values: dict[str, Any] = {
        "cloud": "huawei",
        "region": "cn-north-4",
        "endpoint": "https://hss.example.com",
        "task-id": "t",
        "max-failed": 1,
        "max-risky": 2,
        "max-age": None,
        "settle": 90.0,
        "started-after": datetime(2026, 1, 31, tzinfo=UTC),
        "required-scope": frozenset({ScanScope.VULNERABILITY}),
        "warn-only": True,
        "on-undecided": "warn",
        "appear-timeout": 3.0,
        "timeout": 4.0,
        "poll-interval": 5.0,
        "request-timeout": 6.0,
        "report": [report_target("json=a.json")],
        "color": "never",
        "name": "staging",
        "credentials": "profile",
        "profile": "release",
        "project-id": "p",
        "scan-scope": "0x7fffffff",
    }

    assert settings_from(values) == Settings(
        cloud="huawei",
        region="cn-north-4",
        endpoint="https://hss.example.com",
        task_id="t",
        policy=Policy(
            max_failed=1,
            max_risky=2,
            max_age=None,
            settle=90.0,
            started_after=datetime(2026, 1, 31, tzinfo=UTC),
            required_scopes=frozenset({ScanScope.VULNERABILITY}),
            warn_only=True,
            warn_undecided=True,
        ),
        appear_timeout=3.0,
        timeout=4.0,
        poll_interval=5.0,
        request_timeout=6.0,
        reports=(report_target("json=a.json"),),
        color="never",
        name="staging",
        sign_in=SignInSettings(credentials="profile", profile="release"),
        for_cloud={"project-id": "p", "scan-scope": 0x7FFFFFFF},
    )


def test_the_default_age_is_a_day() -> None:
    assert settings_from({"cloud": "huawei"}).policy.max_age == timedelta(days=1)


def test_a_setting_knows_where_its_value_was_given() -> None:
    assert Settings(cloud="huawei", policy=Policy()).source_of("timeout") == "--timeout"
    settings = settings_from({"cloud": "huawei"}, {"region": "the variable SCAN_GATE_REGION"})

    assert settings.source_of("region") == "the variable SCAN_GATE_REGION"
    assert settings.source_of("cloud") == "--cloud"


@pytest.mark.parametrize("source", ["--cloud or SCAN_GATE_CLOUD", "the input 'cloud'"])
def test_a_run_without_a_cloud_is_told_how_to_set_one(source: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from({}, {"cloud": source})

    assert str(caught.value) == f"No cloud is given. Set {source} to one of: {', '.join(CLOUDS)}."


@pytest.mark.parametrize(
    ("name", "value", "warning"),
    [
        ("type", "image_scam", "--type: 'image_scam' is not one of 'image_scan', 'image_sync'"),
        ("task-type", "cicd", "--task-type: 'cicd' is not one of 'cycle', 'manual', 'autoSync', 'manualSync'"),
        ("limit", "9", "--limit: '9' is not a whole number from 10 to 200"),
        ("limit", "201", "--limit: '201' is not a whole number from 10 to 200"),
        ("limit", "ten", "--limit: 'ten' is not a whole number"),
        ("scan-scope", "0x80000000", "--scan-scope: '0x80000000' is not a whole number from 0 to 2147483647"),
        ("create-time", "1769860800", "is in seconds, by its ten digits; give milliseconds: 1769860800000"),
        ("create-time", "4070880000001", "from 0 to 4070880000000, in milliseconds since 1970"),
        ("end-time", "-1", "--end-time: '-1' is not a whole number"),
        ("task-name", "x" * 257, "--task-name: 257 characters are too many; the API takes 256"),
        ("iam-endpoint", "http://iam.example.com", "would send credentials unencrypted"),
    ],
)
def test_a_value_out_of_the_documented_range_is_refused_before_it_is_sent(name: str, value: str, warning: str) -> None:
    with pytest.raises(UsageError, match=f"^Invalid value for .*{warning}"):
        settings_from({"cloud": "huawei", name: value})


@pytest.mark.parametrize("name", ["type", "limit"])
def test_an_error_in_a_value_for_one_cloud_names_its_source(name: str) -> None:
    with pytest.raises(UsageError, match=f"^Invalid value for the variable SCAN_GATE_{name.upper()}: 'x' is not "):
        settings_from({"cloud": "huawei", name: "x"}, {name: f"the variable SCAN_GATE_{name.upper()}"})


@pytest.mark.parametrize(
    ("cloud", "region", "message"),
    [
        (
            "huawei",
            "cn-hangzhou",
            (
                "'cn-hangzhou' (the input 'region') is a region of Alibaba Cloud; did you mean --cloud alibaba? "
                "The cloud of this run is huawei (--cloud). Correct the cloud or the region."
            ),
        ),
        (
            "alibaba",
            "cn-north-4",
            (
                "'cn-north-4' (the input 'region') is a region of Huawei Cloud; did you mean --cloud huawei? "
                "The cloud of this run is alibaba (--cloud). Correct the cloud or the region."
            ),
        ),
    ],
)
@pytest.mark.parametrize("endpoint", [None, "https://scan.example.com"])
def test_a_region_of_another_cloud_is_recognised(cloud: str, region: str, message: str, endpoint: str | None) -> None:
    """A private endpoint may have regions of its own, but has none of another cloud."""
    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": cloud, "region": region, "endpoint": endpoint}, {"region": "the input 'region'"})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "values",
    [
        {"cloud": "huawei", "region": "ap-southeast-1"},
        {"cloud": "alibaba", "region": "ap-southeast-1"},
        {"cloud": "huawei", "region": "new-region-1"},
        {"cloud": "huawei", "region": "cn-nroth-4", "endpoint": "https://hss.example.com"},
    ],
    ids=["of-both-on-one", "of-both-on-the-other", "of-none", "of-none-with-an-endpoint"],
)
def test_a_region_that_this_cloud_may_have_is_left_to_it(values: dict[str, str]) -> None:
    assert settings_from(values).region == values["region"]


@pytest.mark.parametrize("other", ["./a", "x/../a", "link/a"])
def test_two_reports_may_not_overwrite_each_other(other: str) -> None:
    Path("link").symlink_to(".")
    reports = [report_target("json=a"), report_target(f"markdown={other}")]

    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": "huawei", "report": reports})

    assert caught.value.happened == f"Two reports have the same path: json=a and markdown={Path(other)}."


def test_a_report_that_replaces_a_link_does_not_overwrite_the_target_of_the_link() -> None:
    Path("link").symlink_to("a")
    reports = (report_target("json=a"), report_target("markdown=link"))

    assert settings_from({"cloud": "huawei", "report": reports}).reports == reports


def test_an_option_of_another_cloud_is_refused_and_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = replace(CLOUDS["huawei"], options=())
    monkeypatch.setattr("gate.run_settings.CLOUDS", {"huawei": CLOUDS["huawei"], "bare": bare})

    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": "bare", "project-id": "p"}, {"project-id": "the variable SCAN_GATE_PROJECT_ID"})

    assert str(caught.value) == (
        "bare does not have the option 'project-id', given as the variable SCAN_GATE_PROJECT_ID. "
        "Another cloud has it (huawei: select tasks of the project with this id). Remove it, or correct the cloud."
    )


# Images.

WEB, API = image_reference("team/web:1.0"), image_reference("team/api@sha256:" + "b" * 64)


def test_images_come_from_both_options_each_once_in_their_order() -> None:
    listed = [ListedImage(image=API), ListedImage(image=WEB, is_index=True)]

    settings = settings_from({"cloud": "huawei", "image": [API, WEB, API], "images-from": listed})

    assert (settings.images, settings.indexes) == ((API, WEB), frozenset({WEB}))
    assert (settings.scan, settings.registry_endpoint) == ("auto", None)


def test_the_word_of_an_input_that_is_not_given_names_no_image() -> None:
    assert settings_from({"cloud": "huawei", "image": [None]}).images == ()


def test_how_images_are_scanned_is_their_setting() -> None:
    values = {"image": [WEB], "scan": "never", "registry-endpoint": "https://swr.example.com"}

    settings = settings_from({"cloud": "huawei", **values})

    assert (settings.scan, settings.registry_endpoint) == ("never", "https://swr.example.com")


@pytest.mark.parametrize("scan", ["always", "never"])
def test_how_images_are_scanned_without_any_image_is_an_error(scan: str) -> None:
    """The image may have been forgotten, and a scan task would be judged in its place."""
    with pytest.raises(UsageError, match="No image is named, but --scan is about images") as error:
        settings_from({"cloud": "huawei", "scan": scan})

    assert "--image or --images-from" in error.value.remedy


@pytest.mark.parametrize(
    ("cloud", "option"),
    [(cloud, option) for cloud, provider in CLOUDS.items() for option in ("task-id", *provider.task_options)],
)
def test_images_and_an_option_that_selects_a_scan_task_are_an_error(cloud: str, option: str) -> None:
    with pytest.raises(UsageError, match=f"--{option} selects a scan task, but images are named"):
        settings_from({"cloud": cloud, "image": [WEB], option: "1"})


def test_an_option_that_selects_a_scan_task_is_one_of_its_cloud() -> None:
    for provider in CLOUDS.values():
        assert {*provider.task_options} < {option.name for option in provider.options}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("swr.cn-north-4.myhuaweicloud.com/team/web:1", r"is a registry of Huawei Cloud.* --cloud huawei\?$"),
        ("registry.cn-hangzhou.aliyuncs.com/team/web:1", r"cannot be judged.*[a-z]\.$"),
    ],
)
def test_an_image_in_a_registry_that_the_cloud_does_not_scan_is_an_error(reference: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        settings_from({"cloud": "alibaba", "image": [image_reference(reference)]})

    assert re.search(message, error.value.happened)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"scan": "never"},
            (
                "No image is named, but --scan is about images. Without one, the gate judges a scan task. "
                "Name the images with --image or --images-from, or remove it."
            ),
        ),
        (
            {"image": [WEB], "task-id": "t"},
            (
                "--task-id selects a scan task, but images are named. The gate judges either exactly these images, or "
                "a scan task. Remove it, or the images (--image, --images-from)."
            ),
        ),
        (
            {"image": [image_reference("registry.cn-hangzhou.aliyuncs.com/team/web:1")]},
            (
                "'registry.cn-hangzhou.aliyuncs.com/team/web:1' cannot be judged: registry.cn-hangzhou.aliyuncs.com is "
                "a registry of Alibaba Cloud, and the cloud of this run is huawei; "
                "did you mean --cloud alibaba? Correct the reference or the cloud."
            ),
        ),
        (
            {"report": [report_target("json=a"), report_target("markdown=./a")]},
            "Two reports have the same path: json=a and markdown=a. One would overwrite the other. Give each its own.",
        ),
        ({"scan-scope": "z"}, "Invalid value for --scan-scope: 'z' is not a whole number from 0 to 2147483647."),
    ],
    ids=["no-image", "images-and-task", "registry", "one-path", "value"],
)
def test_an_error_says_what_is_wrong_what_it_means_and_what_to_do(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": "huawei", **values})

    assert str(caught.value) == message


@pytest.mark.parametrize(("today", "is_too_far"), [(date(2026, 1, 31), False), (date(2020, 1, 31), True)])
def test_how_far_a_waiver_reaches_counts_from_the_day_of_the_run(
    today: date, tmp_path: Path, *, is_too_far: bool
) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text('[[waiver]]\nid = "CVE-2026-1"\nimages = ["team/*"]\nreason = "unused"\nuntil = 2026-03-01\n')
    values = {"cloud": "huawei", "image": [WEB], "severity-cutoff": "high", "waivers": [path]}

    with pytest.raises(UsageError, match="90 days") if is_too_far else nullcontext():
        assert settings_from(values, today=today).policy.findings.waivers
