"""How Huawei Cloud is connected: from settings and the environment, without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS
from gate.clouds.huawei import PROVIDER
from gate.clouds.huawei.options import OPTIONS
from gate.clouds.huawei.regions import REGIONS, hss_endpoint, iam_endpoint
from gate.clouds.huawei.selection import Selection
from gate.errors import ExitCode, GateError, NotAuthorised, UsageError
from gate.simulator import Simulator
from tests.clouds.builders import a_connection, first_host_called_by, newest_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.builders import FakeTime

KEYS = {"HUAWEICLOUD_SDK_AK": "id", "HUAWEICLOUD_SDK_SK": "secret"}
PROJECT = "0123456789abcdef0123456789abcdef"


def test_huawei_is_one_of_the_clouds() -> None:
    assert CLOUDS["huawei"] is PROVIDER
    assert PROVIDER.options is OPTIONS
    assert PROVIDER.vendor == "Huawei Cloud"


def test_a_poll_every_12_seconds_stays_within_the_documented_quota() -> None:
    """A user may call one API 5 times a minute (huawei-hss.md 5)."""
    assert PROVIDER.min_poll_interval == 60 / 5


@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize(
    "settings",
    [
        {"region": "cn-north-4"},
        {"region": "cn-north-4", "for_cloud": {"project-id": PROJECT}},
        {"endpoint": "https://hss.example.com", "for_cloud": {"project-id": PROJECT}},
        {"region": "new-region-1", "endpoint": "https://hss.example.com", "for_cloud": {"project-id": PROJECT}},
        {
            "region": "new-region-1",
            "endpoint": "https://hss.example.com",
            "for_cloud": {"iam-endpoint": "https://iam.example.com"},
        },
    ],
    ids=["region", "region-and-project", "endpoint-and-project", "new-region-with-all", "new-region-with-iam"],
)
def test_connecting_sends_nothing(fake_time: FakeTime, settings: dict[str, Any]) -> None:
    connection = a_connection(fake_time, environ=KEYS, **settings)

    PROVIDER.connect(connection)

    assert connection.event_log.events == ()


@pytest.mark.parametrize(
    ("settings", "environ", "error", "named"),
    [
        ({}, KEYS, UsageError, "--region"),
        ({"endpoint": "https://hss.example.com"}, KEYS, UsageError, "--project-id"),
        ({"for_cloud": {"project-id": PROJECT}}, KEYS, UsageError, "--endpoint"),
        ({}, {**KEYS, "HUAWEICLOUD_SDK_REGION": " "}, UsageError, "--region"),
        ({"region": "cnnorth-4"}, KEYS, UsageError, "did you mean cn-north-4?"),
        ({"region": "eu-west-1"}, KEYS, UsageError, "did you mean eu-west-101?"),
        ({"region": "xx"}, KEYS, UsageError, "cn-north-4, cn-north-9"),
        (
            {"region": "cn-north-4_shop"},
            KEYS,
            UsageError,
            "is a sub-project of the region cn-north-4, not a region.",
        ),
        ({"region": "xx_shop"}, KEYS, UsageError, "is not a region of Huawei Cloud"),
        ({}, {**KEYS, "HW_REGION_NAME": "cn-noth-4"}, UsageError, "'cn-noth-4' (the variable HW_REGION_NAME) is not"),
        ({"region": "new-region-1", "endpoint": "https://hss.example.com"}, KEYS, UsageError, "'new-region-1'"),
        ({"region": "cn-north-4"}, {}, NotAuthorised, "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"),
        ({"region": "cn-north-4"}, {"HW_ACCESS_KEY": "x"}, NotAuthorised, "HW_SECRET_KEY"),
    ],
    ids=[
        "no-settings",
        "endpoint-without-project",
        "project-without-endpoint",
        "empty-region",
        "mistyped-region",
        "region-of-another-cloud",
        "no-similar-region",
        "sub-project",
        "sub-project-of-no-region",
        "mistyped-region-in-the-environment",
        "unknown-region-without-iam",
        "no-credentials",
        "half-a-key-pair",
    ],
)
def test_missing_or_wrong_settings_are_an_error_before_anything_is_sent(
    fake_time: FakeTime,
    settings: dict[str, Any],
    environ: Mapping[str, str],
    error: type[GateError],
    named: str,
) -> None:
    with pytest.raises(error) as caught:
        PROVIDER.connect(a_connection(fake_time, environ=environ, **settings))

    assert named in str(caught.value)


def test_for_a_region_unlike_any_other_all_regions_are_listed(fake_time: FakeTime) -> None:
    with pytest.raises(UsageError) as caught:
        PROVIDER.connect(a_connection(fake_time, environ=KEYS, region="xx"))

    assert "did you mean" not in str(caught.value)
    assert all(region in caught.value.means for region in REGIONS)


@pytest.mark.parametrize(
    ("settings", "environ", "host"),
    [
        ({"region": "ap-southeast-3"}, {}, "hss.ap-southeast-3.myhuaweicloud.com"),
        ({"region": "eu-west-101"}, {}, "hss.eu-west-101.myhuaweicloud.eu"),
        ({}, {"HUAWEICLOUD_SDK_REGION": "cn-east-3"}, "hss.cn-east-3.myhuaweicloud.com"),
        ({}, {"HUAWEI_CLOUD_REGION": "cn-east-3"}, "hss.cn-east-3.myhuaweicloud.com"),
        ({}, {"HW_REGION_NAME": " cn-east-3\n"}, "hss.cn-east-3.myhuaweicloud.com"),
        (
            {},
            {"HUAWEICLOUD_SDK_REGION": "", "HUAWEI_CLOUD_REGION": "cn-east-3", "HW_REGION_NAME": "cn-east-2"},
            "hss.cn-east-3.myhuaweicloud.com",
        ),
        ({"region": "cn-east-3"}, {"HUAWEICLOUD_SDK_REGION": "cn-east-2"}, "hss.cn-east-3.myhuaweicloud.com"),
        ({"region": "cn-east-3", "endpoint": "https://gate.invalid"}, {}, "gate.invalid"),
        ({"endpoint": "https://gate.invalid/hss"}, {}, "gate.invalid"),
    ],
)
def test_the_region_selects_the_endpoint(
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    environ: dict[str, str],
    host: str,
) -> None:
    """The option takes precedence over the variables of the vendor's tools, and an endpoint over both."""
    settings = {**settings, "for_cloud": {"project-id": PROJECT}}

    connection = a_connection(fake_time, environ={**KEYS, **environ}, timeout=0.0, **settings)

    assert first_host_called_by(PROVIDER, connection, monkeypatch) == host


@pytest.mark.parametrize(
    ("region", "for_cloud", "host"),
    [
        ("ap-southeast-3", {}, "iam.ap-southeast-3.myhuaweicloud.com"),
        ("eu-west-101", {}, "iam.eu-west-101.myhuaweicloud.eu"),
        ("cn-north-11", {}, "iam.myhuaweicloud.com"),
        ("cn-north-4", {"iam-endpoint": "https://gate.invalid"}, "gate.invalid"),
        ("cn-north-4", {"project-id": ""}, "iam.cn-north-4.myhuaweicloud.com"),
    ],
)
def test_without_a_project_id_the_first_request_goes_to_iam(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, region: str, for_cloud: dict[str, str], host: str
) -> None:
    connection = a_connection(fake_time, environ=KEYS, timeout=0.0, region=region, for_cloud=for_cloud)

    assert first_host_called_by(PROVIDER, connection, monkeypatch) == host


@pytest.mark.parametrize("variable", ["HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEI_CLOUD_PROJECT_ID", "HW_PROJECT_ID"])
def test_the_project_variables_of_the_vendors_tools_are_used(fake_time: FakeTime, variable: str) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        environ = {"HW_AUTH_TOKEN": known["auth_token"], variable: f" {known['project_id']} "}
        newest_task(PROVIDER.connect(a_connection(fake_time, environ=environ, endpoint=simulator.url)))

        assert [request.operation for request in simulator.requests] == ["tasks"]


def test_the_endpoints_are_those_of_the_vendors_sdk(sdk: Callable[[str, str], Any]) -> None:
    """For every region of the SDK, and no other."""
    of_the_sdk = sdk("hss.v5.region.hss_region", "HssRegion").static_fields

    assert {region: hss_endpoint(region) for region in REGIONS} == {
        name: region.endpoints[0] for name, region in of_the_sdk.items()
    }


def test_the_iam_endpoints_are_those_of_the_vendors_sdk(sdk: Callable[[str, str], Any]) -> None:
    """Except eu-west-101, which is missing there, but used elsewhere in the SDK (huawei-hss.md 6)."""
    of_the_sdk = sdk("core.auth.endpoint", "get_iam_endpoint_by_id")

    assert {region: iam_endpoint(region) for region in REGIONS} == {
        **{region: of_the_sdk(region, "https://iam.myhuaweicloud.com") for region in REGIONS},
        "eu-west-101": "https://iam.eu-west-101.myhuaweicloud.eu",
    }


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        ({"HUAWEICLOUD_SDK_AK": "access_key_id", "HUAWEICLOUD_SDK_SK": "access_key_secret"}, "Authorization"),
        (
            {
                "HUAWEICLOUD_SDK_AK": "access_key_id",
                "HUAWEICLOUD_SDK_SK": "access_key_secret",
                "HUAWEICLOUD_SDK_SECURITY_TOKEN": "security_token",
            },
            "X-Security-Token",
        ),
        ({"CLOUD_SDK_AK": "access_key_id", "CLOUD_SDK_SK": "access_key_secret"}, "Authorization"),
        ({"HW_ACCESS_KEY": "access_key_id", "HW_SECRET_KEY": "access_key_secret"}, "Authorization"),
        (
            {"HUAWEI_CLOUD_ACCESS_KEY_ID": "access_key_id", "HUAWEI_CLOUD_SECRET_ACCESS_KEY": "access_key_secret"},
            "Authorization",
        ),
        ({"HW_AUTH_TOKEN": "auth_token"}, "X-Auth-Token"),
        ({"INPUT_AUTH-TOKEN": "auth_token"}, "X-Auth-Token"),
        ({"SCAN_GATE_AUTH_TOKEN": "auth_token"}, "X-Auth-Token"),
    ],
    ids=["sdk", "sdk-temporary", "documentation", "terraform", "auth-action", "token", "input", "ours"],
)
def test_the_credential_variables_of_the_vendors_tools_are_used(
    fake_time: FakeTime, environ: dict[str, str], header: str
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        credentials = {name: known[part] for name, part in environ.items()}
        settings = {"endpoint": simulator.url, "for_cloud": {"project-id": known["project_id"]}}
        found = newest_task(PROVIDER.connect(a_connection(fake_time, environ=credentials, **settings)))

        assert found is not None
        assert header in simulator.requests[0].headers


def test_an_incomplete_key_pair_beside_a_token_is_not_used(fake_time: FakeTime) -> None:
    """The token alone is sufficient."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        environ = {"HW_AUTH_TOKEN": known["auth_token"], "HW_ACCESS_KEY": known["access_key_id"]}
        settings = {"endpoint": simulator.url, "for_cloud": {"project-id": known["project_id"]}}
        found = newest_task(PROVIDER.connect(a_connection(fake_time, environ=environ, **settings)))

        assert found is not None
        assert "Authorization" not in simulator.requests[0].headers


@pytest.mark.parametrize("token", ["two\nlines", "carriage\rreturn", "\ufefftoken", "令牌"], ids=ascii)
def test_a_token_that_cannot_be_sent_in_a_header_is_refused_and_not_shown(fake_time: FakeTime, token: str) -> None:
    """It is neither a bug of the gate nor a transient error."""
    with Simulator(now=fake_time.wall) as simulator:
        settings = {"endpoint": simulator.url, "for_cloud": {"project-id": PROJECT}}
        with pytest.raises(GateError) as caught:
            newest_task(PROVIDER.connect(a_connection(fake_time, environ={"HW_AUTH_TOKEN": token}, **settings)))

    assert caught.value.exit_code in {ExitCode.USAGE, ExitCode.NOT_AUTHORISED}
    assert token not in str(caught.value)
    assert fake_time.slept == []


@pytest.mark.parametrize("project_id", ["项目", "one\ntwo"], ids=ascii)
def test_a_project_id_that_cannot_be_sent_in_a_header_is_a_usage_error(fake_time: FakeTime, project_id: str) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        settings = {"endpoint": simulator.url, "for_cloud": {"project-id": project_id}}
        with pytest.raises(GateError) as caught:
            newest_task(PROVIDER.connect(a_connection(fake_time, environ=KEYS, **settings)))

    assert caught.value.exit_code is ExitCode.USAGE
    assert fake_time.slept == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("limit", "10", 10),
        ("limit", "200", 200),
        ("scan-scope", "0x000f0000", 983040),
        ("scan-scope", "2147483647", 2147483647),
        ("create-time", "0", 0),
        ("create-time", "999999999", 999_999_999),
        ("end-time", "4070880001", 4_070_880_001),
        ("end-time", "4070880000000", 4070880000000),
        ("task-name", "x" * 256, "x" * 256),
        ("iam-endpoint", "https://iam.example.com/", "https://iam.example.com"),
    ],
)
def test_an_option_accepts_what_the_api_accepts(name: str, text: str, expected: object) -> None:
    (option,) = (option for option in OPTIONS if option.name == name)

    assert option.parse(text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("limit", "9"),
        ("limit", "201"),
        ("limit", "ten"),
        ("limit", "1e2"),
        ("limit", ""),
        ("scan-scope", "-1"),
        ("scan-scope", "0x80000000"),
        ("create-time", "4070880000001"),
        ("create-time", "1769860800"),
        ("create-time", "1000000000"),
        ("create-time", "4070880000"),
        ("end-time", "1769860800"),
        ("end-time", "2026-01-31"),
        ("task-name", "x" * 257),
        ("project-id", "x" * 257),
        ("iam-endpoint", "http://iam.example.com"),
    ],
)
def test_an_option_refuses_what_the_api_would_refuse(name: str, text: str) -> None:
    (option,) = (option for option in OPTIONS if option.name == name)

    with pytest.raises(ValueError, match=r"."):
        option.parse(text)


def test_without_options_all_scans_are_selected_on_the_largest_pages() -> None:
    found = Selection.from_options({})

    assert (found.list_type, found.scope, found.filters, found.page_size) == ("image_scan", (), (), 200)


def test_an_option_becomes_the_parameter_of_its_name() -> None:
    found = Selection.from_options(
        {
            "type": "image_sync",
            "enterprise-project-id": "all_granted_eps",
            "global-image-type": "registry",
            "task-type": "manual",
            "task-name": "nightly",
            "create-time": 1,
            "end-time": 2,
            "task-status": "finished",
            "scan-scope": 240,
            "limit": 10,
            "project-id": PROJECT,
            "iam-endpoint": "https://iam.example.com",
        }
    )

    assert (found.list_type, found.page_size) == ("image_sync", 10)
    assert found.scope == (("enterprise_project_id", "all_granted_eps"),)
    assert dict(found.filters) == {
        "global_image_type": "registry",
        "task_type": "manual",
        "task_name": "nightly",
        "create_time": "1",
        "end_time": "2",
        "task_status": "finished",
        "scan_scope": "240",
    }


@pytest.mark.parametrize(
    ("settings", "task_id", "place"),
    [
        (
            {"region": "cn-north-4"},
            None,
            f"region cn-north-4, project {PROJECT}, the default enterprise project, --type image_scan",
        ),
        (
            {"endpoint": "https://hss.example.com"},
            None,
            f"endpoint https://hss.example.com, project {PROJECT}, the default enterprise project, --type image_scan",
        ),
        (
            {
                "region": "cn-north-4",
                "for_cloud": {"enterprise-project-id": "0", "task-type": "manual"},
            },
            None,
            f"region cn-north-4, project {PROJECT}, --type image_scan, --enterprise-project-id 0, --task-type manual",
        ),
        (
            {
                "region": "cn-north-4",
                "for_cloud": {"enterprise-project-id": "0", "task-type": "manual", "task-status": "finished"},
            },
            "task-1",
            f"region cn-north-4, project {PROJECT}, --type image_scan, --enterprise-project-id 0, --task-type manual",
        ),
    ],
    ids=["region", "endpoint", "filters", "by-id"],
)
def test_the_search_description_names_the_place_and_the_filters_in_use(
    fake_time: FakeTime, settings: dict[str, Any], task_id: str | None, place: str
) -> None:
    settings = {**settings, "for_cloud": {"project-id": PROJECT, **settings.get("for_cloud", {})}}
    cloud = PROVIDER.connect(a_connection(fake_time, environ=KEYS, **settings))

    assert cloud.search_description(task_id) == f"Huawei Cloud ({place})"
