"""Which way is used to sign in to Huawei Cloud, and what the variables of its SDK change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.regions import REGIONS, sts_endpoints
from gate.errors import NotAuthorised, UsageError
from tests.clouds.huawei.sign_in.builders import (
    AGENCY,
    BY_IAM,
    BY_STS,
    KEYS,
    PROVIDER,
    SECOND_AGENCY,
    TOKEN,
    a_run,
    issued,
    key_of_iam,
    token_of_iam,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import FakeTime

STS_VARIABLES = {"HUAWEICLOUD_OIDC_AGENCY_URN": AGENCY, "HUAWEICLOUD_OIDC_PROVIDER_URN": PROVIDER}
WITHOUT_TOKEN = {"SCAN_GATE_OIDC_TOKEN": ""}
STS = "the agency ci of the account 1001, with the OIDC token from "
IAM = "the identity provider corporate of IAM, with the OIDC token from "
OURS = "the variable SCAN_GATE_OIDC_TOKEN"


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    """The path of a file with a token."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return str(file)


def iam_variables(token_file: str) -> dict[str, str]:
    return {"HUAWEICLOUD_SDK_IDP_ID": "corporate", "HUAWEICLOUD_SDK_ID_TOKEN_FILE": token_file}


def described(time: FakeTime, for_cloud: dict[str, Any], environ: dict[str, str], **settings: Any) -> str:
    """The way to sign in of a run with these options and variables."""
    return a_run(time, for_cloud=for_cloud, environ=environ, **settings).way.description


def test_stored_keys_are_used_unless_another_way_is_asked_for(fake_time: FakeTime) -> None:
    assert described(fake_time, {}, {**KEYS, **STS_VARIABLES}) == "stored keys"
    assert described(fake_time, {}, {**KEYS, **STS_VARIABLES}, credentials="oidc") == STS + OURS
    assert described(fake_time, BY_STS, KEYS) == STS + OURS
    assert described(fake_time, BY_IAM, KEYS) == IAM + OURS


def test_without_keys_the_variables_of_the_sdk_are_used_in_its_order(fake_time: FakeTime, token_file: str) -> None:
    both = {**STS_VARIABLES, **iam_variables(token_file)}

    assert described(fake_time, {}, both) == STS + OURS
    assert described(fake_time, {}, iam_variables(token_file)) == IAM + OURS
    half = {**iam_variables(token_file), "HUAWEICLOUD_OIDC_AGENCY_URN": AGENCY}
    assert described(fake_time, {}, half) == IAM + OURS
    # What an option asks for is not changed by a variable.
    assert described(fake_time, BY_IAM, STS_VARIABLES) == IAM + OURS
    assert described(fake_time, BY_STS, iam_variables(token_file)) == STS + OURS


def test_each_api_has_the_variables_of_its_own_tokens(fake_time: FakeTime, token_file: str) -> None:
    by_file = {**WITHOUT_TOKEN, "HUAWEICLOUD_OIDC_TOKEN_FILE": token_file}
    by_text = {**WITHOUT_TOKEN, "HUAWEICLOUD_OIDC_ID_TOKEN": TOKEN}
    by_iam = {**WITHOUT_TOKEN, **iam_variables(token_file)}

    assert described(fake_time, BY_STS, by_text).endswith("the variable HUAWEICLOUD_OIDC_ID_TOKEN")
    assert "HUAWEICLOUD_OIDC_TOKEN_FILE" in described(fake_time, BY_STS, by_file)
    assert "HUAWEICLOUD_SDK_ID_TOKEN_FILE" in described(fake_time, {}, by_iam)
    with pytest.raises(NotAuthorised, match="There is no OIDC token"):
        described(fake_time, BY_IAM, by_text)


@pytest.mark.parametrize(
    ("for_cloud", "environ", "settings", "words"),
    [
        ({**BY_STS, **BY_IAM}, {}, {}, ("--identity-provider-id", "--agency-urn")),
        ({**BY_IAM, "oidc-provider-urn": PROVIDER}, {}, {}, ("--identity-provider-id", "--oidc-provider-urn")),
        (BY_STS, {}, {"credentials": "keys"}, ("--agency-urn", "stored keys")),
        (BY_IAM, {}, {"credentials": "instance"}, ("--identity-provider-id", "role of this instance")),
        (BY_STS, {}, {"profile": "basic"}, ("--profile",)),
        ({}, {}, {"credentials": "oidc"}, ("agency", "--agency-urn")),
        ({"agency-urn": AGENCY}, {}, {}, ("OIDC provider", "--oidc-provider-urn")),
        ({"oidc-provider-urn": PROVIDER}, {}, {"credentials": "oidc"}, ("agency",)),
        ({"oidc-provider-urn": PROVIDER}, KEYS, {}, ("--oidc-provider-urn", "stored keys")),
        ({}, {**STS_VARIABLES, "HUAWEICLOUD_OIDC_AGENCY_URN": "ci"}, {}, ("HUAWEICLOUD_OIDC_AGENCY_URN", "'ci'")),
        (BY_STS, {"HUAWEICLOUD_SDK_STS_ENDPOINT": "http://sts.example"}, {}, ("HUAWEICLOUD_SDK_STS_ENDPOINT",)),
        (BY_STS, {}, {"region": "eu-west-101"}, ("eu-west-101", "--sts-endpoint")),
        (BY_STS, {"HUAWEICLOUD_OIDC_SESSION_NAME": "a b"}, {}, ("HUAWEICLOUD_OIDC_SESSION_NAME", "'a b'")),
        (BY_STS, {"HUAWEICLOUD_OIDC_DURATION_SECONDS": "899"}, {}, ("HUAWEICLOUD_OIDC_DURATION_SECONDS", "'899'")),
        (BY_STS, {"HUAWEICLOUD_OIDC_DURATION_SECONDS": "1h"}, {}, ("HUAWEICLOUD_OIDC_DURATION_SECONDS", "'1h'")),
        (BY_STS, {"HUAWEICLOUD_OIDC_POLICY": "x" * 4097}, {}, ("HUAWEICLOUD_OIDC_POLICY", "not 4097")),
        (BY_STS, {"HUAWEICLOUD_OIDC_POLICY_IDS": "a," * 21}, {}, ("HUAWEICLOUD_OIDC_POLICY_IDS", "21 policies")),
    ],
)
def test_what_contradicts_itself_or_is_missing_is_a_usage_error(
    for_cloud: dict[str, Any],
    environ: dict[str, str],
    settings: dict[str, Any],
    words: tuple[str, ...],
    fake_time: FakeTime,
) -> None:
    with pytest.raises(UsageError) as caught:
        described(fake_time, for_cloud, environ, **settings)
    assert all(word in str(caught.value) for word in words)
    assert caught.value.remedy


def test_the_variables_of_the_sdk_change_the_request(fake_time: FakeTime) -> None:
    environ = {
        "HUAWEICLOUD_SDK_STS_ENDPOINT": "https://sts.example/",
        "HUAWEICLOUD_OIDC_SESSION_NAME": "release+1",
        "HUAWEICLOUD_OIDC_DURATION_SECONDS": "1800",
        "HUAWEICLOUD_OIDC_POLICY": '{"Version":"5.0"}',
        "HUAWEICLOUD_OIDC_POLICY_IDS": "first, second,",
    }
    run = a_run(fake_time, issued(), environ=environ)
    run.way.credentials()

    (body,) = run.bodies
    assert run.hosts == ["sts.example"]
    assert (body["agency_session_name"], body["duration_seconds"]) == ("release+1", 1800)
    assert (body["policy"], body["policy_ids"]) == ('{"Version":"5.0"}', ["first", "second"])


def test_options_come_before_the_variables_of_the_sdk(fake_time: FakeTime) -> None:
    environ = {"HUAWEICLOUD_OIDC_SESSION_NAME": "other", "HUAWEICLOUD_OIDC_DURATION_SECONDS": "1800"}
    run = a_run(fake_time, issued(), environ=environ, session_name="release", session_duration=900.0)
    run.way.credentials()

    assert (run.bodies[0]["agency_session_name"], run.bodies[0]["duration_seconds"]) == ("release", 900)


def test_a_run_that_reads_no_variables_of_other_tools_reads_none_of_these(fake_time: FakeTime) -> None:
    environ = {"HUAWEICLOUD_OIDC_SESSION_NAME": "other", "HUAWEICLOUD_SDK_STS_ENDPOINT": "https://sts.example"}
    run = a_run(fake_time, issued(), environ=environ, reads_variables=False)
    run.way.credentials()

    assert run.bodies[0]["agency_session_name"] == "scan-gate"
    assert run.hosts == ["sts.cn-north-4.myhuaweicloud.com"]


@pytest.mark.parametrize(
    ("variable", "for_cloud"),
    [("HUAWEICLOUD_OIDC_ID_TOKEN", {}), ("HUAWEICLOUD_SDK_ID_TOKEN_FILE", {"for_cloud": BY_IAM})],
)
def test_nor_does_it_sign_in_with_a_token_of_theirs(
    variable: str, for_cloud: dict[str, Any], fake_time: FakeTime
) -> None:
    environ = {"SCAN_GATE_OIDC_TOKEN": "", variable: "a-token-of-another-job"}

    run = a_run(fake_time, environ=environ, reads_variables=False, **for_cloud)

    with pytest.raises(NotAuthorised, match="There is no OIDC token to sign in with"):
        run.way.credentials()


def test_another_agency_may_be_assumed_after_any_way(fake_time: FakeTime) -> None:
    run = a_run(
        fake_time,
        token_of_iam(),
        key_of_iam(),
        issued(SECOND_AGENCY),
        for_cloud={**BY_IAM, "assume-agency-urn": SECOND_AGENCY},
    )

    assert run.way.credentials().is_key_pair
    assert run.way.description == f"the agency scan-gate of the account 1001, assumed with {IAM}{OURS}"


@pytest.mark.parametrize(
    ("region", "asked"),
    [
        ("cn-north-4", ("cn-north-4", "cn-east-3")),
        ("cn-east-3", ("cn-east-3", "cn-north-4")),
        ("cn-north-9", ("cn-north-4", "cn-east-3")),
        ("ap-southeast-3", ("ap-southeast-3", "ap-southeast-1")),
        ("ap-southeast-5", ("ap-southeast-3", "ap-southeast-1")),
        ("la-north-2", ("la-south-2", "ap-southeast-3")),
        ("sa-brazil-1", ("sa-brazil-1", "ap-southeast-3")),
        ("af-north-1", ("af-south-1", "ap-southeast-3")),
        ("me-east-1", ("ap-southeast-3", "ap-southeast-1")),
        ("", ("cn-north-4", "cn-east-3")),
        ("new-region-1", ("cn-north-4", "cn-east-3")),
    ],
)
def test_sts_is_asked_in_the_region_or_in_the_nearest_that_has_it(region: str, asked: tuple[str, ...]) -> None:
    assert sts_endpoints(region) == tuple(f"https://sts.{one}.myhuaweicloud.com" for one in asked)


def test_each_region_but_that_in_a_domain_of_its_own_has_two_addresses_of_sts() -> None:
    assert {region for region in REGIONS if len(sts_endpoints(region)) != 2} == {"eu-west-101"}
    assert sts_endpoints("eu-west-101") == ()
