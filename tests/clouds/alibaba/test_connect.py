"""How Alibaba Cloud is connected: from settings and the environment, without sending anything."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS
from gate.clouds.alibaba import PROVIDER
from gate.clouds.alibaba.options import OPTIONS, TASK_TYPES
from gate.clouds.alibaba.regions import endpoint
from gate.clouds.alibaba.selection import Selection
from gate.errors import ExitCode, NotAuthorised, UsageError
from gate.run_settings import settings_from
from gate.simulator import Simulator
from tests.clouds.builders import Peer, a_connection, first_host_called_by, newest_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds import Connection
    from gate.errors import GateError
    from tests.builders import FakeTime

KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}
CHINA, ABROAD = "tds.cn-shanghai.aliyuncs.com", "tds.ap-southeast-1.aliyuncs.com"


def alibaba_connection(time: FakeTime, environ: Mapping[str, str], **settings: Any) -> Connection:
    return a_connection(time, environ=environ, cloud="alibaba", **settings)


def test_alibaba_is_one_of_the_clouds() -> None:
    assert CLOUDS["alibaba"] is PROVIDER
    assert PROVIDER.options is OPTIONS
    assert PROVIDER.vendor == "Alibaba Cloud"


def test_a_poll_every_5_seconds_stays_far_below_any_documented_quota() -> None:
    """Documented quotas of the product are 10 calls a second; a poll of a complete task takes a few calls."""
    assert PROVIDER.min_poll_interval == 5


@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize(
    "settings",
    [
        {"region": "cn-hangzhou"},
        {"endpoint": "https://tds.example.com"},
        {"region": "new-region-1", "endpoint": "https://tds.example.com"},
    ],
    ids=["region", "endpoint", "new-region-with-endpoint"],
)
def test_connecting_sends_nothing(fake_time: FakeTime, settings: dict[str, Any]) -> None:
    connection = alibaba_connection(fake_time, KEYS, **settings)

    PROVIDER.connect(connection)

    assert connection.event_log.events == ()


@pytest.mark.parametrize(
    ("settings", "environ", "error", "named"),
    [
        ({}, KEYS, UsageError, "--region"),
        ({}, {**KEYS, "ALIBABA_CLOUD_REGION_ID": " "}, UsageError, "cn-hangzhou or ap-southeast-1"),
        ({"region": "cn-hangzou"}, KEYS, UsageError, "did you mean cn-hangzhou?"),
        ({"region": "CN-HANGZHOU"}, KEYS, UsageError, "did you mean cn-hangzhou?"),
        ({"region": "ap-southeast"}, KEYS, UsageError, "did you mean ap-southeast-"),
        ({"region": "cn-north-4"}, KEYS, UsageError, "'cn-north-4' (--region) is not a region of Security Center"),
        ({"region": "sa-east-1"}, KEYS, UsageError, "give --endpoint for a new region"),
        (
            {},
            {**KEYS, "ALICLOUD_REGION": "cn-shangai"},
            UsageError,
            "'cn-shangai' (the variable ALICLOUD_REGION) is not",
        ),
        (
            {"region": "cn-hangzhou"},
            {},
            NotAuthorised,
            "or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        ),
        ({"region": "cn-hangzhou"}, {"ALICLOUD_ACCESS_KEY": "x"}, NotAuthorised, "but not ALICLOUD_SECRET_KEY"),
        ({"region": "cn-hangzhou"}, {"ALIBABA_CLOUD_SECURITY_TOKEN": "x"}, NotAuthorised, "incomplete"),
        ({"region": "cn-hangzhou"}, {"SCAN_GATE_AUTH_TOKEN": "x"}, NotAuthorised, "Alibaba Cloud takes no token alone"),
        ({"region": "cn-hangzhou"}, {"INPUT_AUTH-TOKEN": "x"}, NotAuthorised, "the input 'auth-token' is set"),
        (
            {"region": "cn-hangzhou"},
            {"HUAWEICLOUD_SDK_AK": "x"},
            NotAuthorised,
            "There are no credentials for Alibaba Cloud.",
        ),
    ],
    ids=[
        "no-settings",
        "empty-region",
        "mistyped-region",
        "region-in-capitals",
        "incomplete-region",
        "region-of-another-cloud",
        "region-without-the-service",
        "mistyped-region-in-the-environment",
        "no-credentials",
        "half-a-key-pair",
        "security-token-alone",
        "token-alone",
        "token-input-alone",
        "credentials-of-another-cloud",
    ],
)
def test_missing_or_wrong_settings_are_an_error_before_anything_is_sent(
    fake_time: FakeTime, settings: dict[str, Any], environ: Mapping[str, str], error: type[GateError], named: str
) -> None:
    with pytest.raises(error) as caught:
        PROVIDER.connect(alibaba_connection(fake_time, environ, **settings))

    assert named in str(caught.value)
    assert "token in" not in str(caught.value), "Alibaba Cloud does not accept a token alone"


def test_for_a_region_unlike_any_other_all_regions_are_listed(fake_time: FakeTime) -> None:
    with pytest.raises(UsageError) as caught:
        PROVIDER.connect(alibaba_connection(fake_time, KEYS, region="xx"))

    assert "did you mean" not in str(caught.value)
    assert {"cn-hangzhou", "cn-north-2-gov-1", "me-central-1"} <= set(caught.value.means.rstrip(".").split(", "))
    assert "--endpoint" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "two\nlines"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "钥匙"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "carriage\rreturn"),
    ],
)
def test_a_credential_that_cannot_be_sent_in_a_header_is_refused_and_not_shown(
    fake_time: FakeTime, name: str, value: str
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        PROVIDER.connect(alibaba_connection(fake_time, {**KEYS, name: value}, region="cn-hangzhou"))

    assert name in str(caught.value)
    assert value not in str(caught.value)


def test_the_endpoints_are_those_of_the_vendors_sdk() -> None:
    """Every region of it, and none besides, on one of two planes."""
    config: Any = import_module("alibabacloud_tea_openapi.utils_models").Config
    client: Any = import_module("alibabacloud_sas20181203.client").Client
    of_the_sdk: dict[str, str] = vars(
        client(config(access_key_id="id", access_key_secret="s", region_id="cn-hangzhou"))
    )["_endpoint_map"]
    assert {region: endpoint(region) for region in PROVIDER.regions} == {
        region: f"https://{host}" for region, host in of_the_sdk.items()
    }
    assert set(of_the_sdk.values()) == {CHINA, ABROAD}


@pytest.mark.parametrize(
    ("settings", "environ", "host"),
    [
        ({"region": "cn-hangzhou"}, {}, CHINA),
        ({"region": "cn-hongkong"}, {}, CHINA),
        ({"region": "ap-southeast-1"}, {}, ABROAD),
        ({"region": "eu-central-1"}, {}, ABROAD),
        ({}, {"ALIBABA_CLOUD_REGION_ID": "eu-central-1"}, ABROAD),
        ({}, {"ALICLOUD_REGION": " eu-central-1\n"}, ABROAD),
        ({}, {"ALIBABA_CLOUD_REGION_ID": "", "ALICLOUD_REGION": "eu-central-1"}, ABROAD),
        ({}, {"ALIBABA_CLOUD_REGION_ID": "cn-hangzhou", "ALICLOUD_REGION": "eu-central-1"}, CHINA),
        ({"region": "cn-hangzhou"}, {"ALIBABA_CLOUD_REGION_ID": "eu-central-1"}, CHINA),
        ({"region": "cn-hangzhou", "endpoint": "https://gate.invalid"}, {}, "gate.invalid"),
        ({"endpoint": "https://gate.invalid/sas"}, {"ALICLOUD_REGION": "eu-central-1"}, "gate.invalid"),
        ({"region": "new-region-1", "endpoint": "https://gate.invalid"}, {}, "gate.invalid"),
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
    connection = alibaba_connection(fake_time, {**KEYS, **environ}, timeout=0.0, **settings)

    assert first_host_called_by(PROVIDER, connection, monkeypatch) == host


@pytest.mark.parametrize(
    "environ",
    [
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "access_key_id",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "access_key_secret",
        },
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "access_key_id",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "access_key_secret",
            "ALIBABA_CLOUD_SECURITY_TOKEN": "security_token",
        },
        {"ALICLOUD_ACCESS_KEY": "access_key_id", "ALICLOUD_SECRET_KEY": "access_key_secret"},
        {
            "ALICLOUD_ACCESS_KEY": "access_key_id",
            "ALICLOUD_SECRET_KEY": "access_key_secret",
            "ALICLOUD_SECURITY_TOKEN": "security_token",
        },
        {
            "INPUT_ACCESS-KEY-ID": "access_key_id",
            "INPUT_ACCESS-KEY-SECRET": "access_key_secret",
            "INPUT_SECURITY-TOKEN": "security_token",
        },
        {"SCAN_GATE_ACCESS_KEY_ID": "access_key_id", "SCAN_GATE_ACCESS_KEY_SECRET": "access_key_secret"},
    ],
    ids=["sdk", "sdk-temporary", "terraform", "terraform-temporary", "input-temporary", "ours"],
)
@pytest.mark.parametrize("token", [{}, {"SCAN_GATE_AUTH_TOKEN": "t"}], ids=["alone", "beside-a-token"])
def test_the_credential_variables_of_the_vendors_tools_are_used(
    fake_time: FakeTime, environ: dict[str, str], token: dict[str, str]
) -> None:
    """Even beside a token, which Alibaba Cloud does not accept."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["alibaba"]
        credentials = {name: known[part] for name, part in environ.items()} | token
        found = newest_task(PROVIDER.connect(alibaba_connection(fake_time, credentials, endpoint=simulator.url)))
        (request,) = simulator.requests

        assert found is not None
        assert ("security_token" in environ.values()) == ("x-acs-security-token" in request.headers)
        assert "X-Auth-Token" not in request.headers


def test_secrets_in_an_error_message_of_the_cloud_are_redacted(fake_time: FakeTime) -> None:
    """Gateways answer a wrong signature with the string that they signed."""
    secrets = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "a-secret-key", "ALIBABA_CLOUD_SECURITY_TOKEN": "a-security-token"}
    body = b'{"Code": "SignatureDoesNotMatch", "Message": "a-secret-key, x-acs-security-token:a-security-token"}'
    response = b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    with Peer(response) as peer, pytest.raises(NotAuthorised) as caught:
        newest_task(PROVIDER.connect(alibaba_connection(fake_time, KEYS | secrets, endpoint=f"http://{peer.address}")))

    assert "SignatureDoesNotMatch: ***, x-acs-security-token:***)" in str(caught.value)


def test_without_options_the_newest_image_scan_is_selected() -> None:
    settings = settings_from({"cloud": "alibaba"})

    assert settings.for_cloud == {}
    assert Selection.from_options(settings.for_cloud) == Selection(
        task_type="IMAGE_SCAN", task_name="IMAGE_SCAN", source=""
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"task-name": "VUL_CHECK_TASK"}, ("IMAGE_SCAN", "VUL_CHECK_TASK", "")),
        (
            {"task-type": "ASSETS_COLLECTION", "task-name": "IMAGE_SCAN"},
            ("ASSETS_COLLECTION", "IMAGE_SCAN", ""),
        ),
        ({"source": "openapi"}, ("IMAGE_SCAN", "IMAGE_SCAN", "openapi")),
        ({"source": "with spaces"}, ("IMAGE_SCAN", "IMAGE_SCAN", "with spaces")),
        *(({"task-type": task_type}, (task_type, task_type, "")) for task_type in TASK_TYPES),
    ],
    ids=repr,
)
def test_an_option_becomes_a_parameter_of_the_api(options: dict[str, str], expected: tuple[str, str, str]) -> None:
    """The name of a task is by default that of its type."""
    found = Selection.from_options(settings_from({"cloud": "alibaba", **options}).for_cloud)

    assert (found.task_type, found.task_name, found.source) == expected


def test_the_types_of_tasks_are_those_that_the_api_documents() -> None:
    assert sorted(TASK_TYPES) == [
        "AI_SECURITY_CHECK",
        "ASSETS_COLLECTION",
        "ASSET_EXPOSURE_SCAN",
        "ASSET_SECURITY_CHECK",
        "ATTACK_SURFACE_SCAN",
        "CLIENT_DEV_OPS",
        "CLIENT_PROBLEM_CHECK",
        "IDC_PROBE_SCAN",
        "IMAGE_SCAN",
        "VUL_CHECK_TASK",
    ]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"task-type": "IMAGE_SCAM"}, "--task-type: 'IMAGE_SCAM' is not one of 'IMAGE_SCAN', 'ASSETS_COLLECTION'"),
        ({"task-type": "image_scan"}, "--task-type: 'image_scan' is not one of 'IMAGE_SCAN'"),
        ({"task-type": ""}, "--task-type: '' is not one of 'IMAGE_SCAN'"),
        ({"task-name": "nightly"}, "--task-name: 'nightly' is not one of 'IMAGE_SCAN'"),
        # IMAGE_REGISTRY_PULL is a type of leaf records only (alibaba-security-center.md 1.1).
        ({"task-type": "IMAGE_REGISTRY_PULL"}, "is not one of 'IMAGE_SCAN'"),
        ({"project-id": "p"}, "alibaba does not have the option 'project-id', given as --project-id"),
        ({"type": "image_scan"}, "alibaba does not have the option 'type', given as --type"),
    ],
    ids=repr,
)
def test_an_option_that_the_api_does_not_know_is_refused_before_anything_is_sent(
    options: dict[str, str], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": "alibaba", **options})

    assert named in caught.value.happened
    assert caught.value.exit_code is ExitCode.USAGE


def test_an_option_reaches_the_cloud(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["alibaba"]
        environ = {f"SCAN_GATE_{name.upper()}": known[name] for name in ("access_key_id", "access_key_secret")}
        options = {"source": "console_batch"}
        newest_task(PROVIDER.connect(alibaba_connection(fake_time, environ, endpoint=simulator.url, for_cloud=options)))
        (request,) = simulator.requests

        assert request.query == {"TaskType": ["IMAGE_SCAN"], "TaskName": ["IMAGE_SCAN"], "Source": ["console_batch"]}


@pytest.mark.parametrize(
    ("settings", "task_id", "place"),
    [
        ({"region": "cn-hangzhou"}, None, "region cn-hangzhou, --task-type IMAGE_SCAN"),
        (
            {"endpoint": "https://gate.invalid"},
            None,
            "endpoint https://gate.invalid, --task-type IMAGE_SCAN",
        ),
        (
            {"region": "cn-hangzhou", "for_cloud": {"task-name": "VUL_CHECK_TASK", "source": "openapi"}},
            None,
            "region cn-hangzhou, --task-type IMAGE_SCAN, --task-name VUL_CHECK_TASK, --source openapi",
        ),
        (
            {"region": "cn-hangzhou", "for_cloud": {"source": "openapi"}},
            "0f3a1b2c3d4e5f60718293a4b5c6d7e8",
            "region cn-hangzhou, --task-type IMAGE_SCAN",
        ),
    ],
    ids=["region", "endpoint", "filters", "by-id"],
)
def test_the_search_description_names_the_place_and_the_filters_in_use(
    fake_time: FakeTime, settings: dict[str, Any], task_id: str | None, place: str
) -> None:
    cloud = PROVIDER.connect(alibaba_connection(fake_time, KEYS, **settings))

    assert cloud.search_description(task_id) == f"Alibaba Cloud ({place})"


def test_a_source_filters_a_search_by_an_id_that_is_a_start_time(fake_time: FakeTime) -> None:
    """Such a task can be found only as the newest one; see `translate.is_start_time_id`."""
    connection = alibaba_connection(fake_time, KEYS, region="cn-hangzhou", for_cloud={"source": "openapi"})

    assert PROVIDER.connect(connection).search_description("collected-at-1769860800000").endswith(", --source openapi)")
