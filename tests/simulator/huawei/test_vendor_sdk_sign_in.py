"""Tests signing in with the vendor's SDK as the client, whose requests are correct by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Simulator, Trust
from tests.simulator.huawei.sdk import sdk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _temporary_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The SDK writes an application id to the home directory when it is imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Sets the variables of the SDK for a simulator, and the file with a token of GitLab."""

    def set_variables(simulator: Simulator, *names: str) -> None:
        known, sign_in = simulator.describe()["huawei"], simulator.describe_sign_in()["huawei"]
        path = tmp_path / "token"
        path.write_text(simulator.token("gitlab", audience=sign_in["oidc_audience"]) + "\n")
        values = {
            "HUAWEICLOUD_OIDC_PROVIDER_URN": sign_in["oidc_provider_urn"],
            "HUAWEICLOUD_OIDC_AGENCY_URN": sign_in["agency_urn"],
            "HUAWEICLOUD_OIDC_TOKEN_FILE": str(path),
            "HUAWEICLOUD_SDK_STS_ENDPOINT": sign_in["sts_endpoint"],
            "HUAWEICLOUD_SDK_IAM_ENDPOINT": sign_in["iam_endpoint"],
            "HUAWEICLOUD_SDK_IDP_ID": sign_in["identity_provider_id"],
            "HUAWEICLOUD_SDK_ID_TOKEN_FILE": str(path),
            "HUAWEICLOUD_SDK_PROJECT_ID": known["project_id"],
        }
        for name in names:
            monkeypatch.setenv(f"HUAWEICLOUD_{name}", values[f"HUAWEICLOUD_{name}"])

    return set_variables


def poll(simulator: Simulator) -> int:
    """Lists scan tasks with what the SDK's own chain finds, and returns their number."""
    settings = simulator.describe()["huawei"]
    chain = sdk("core.auth.provider", "CredentialProviderChain").get_basic_credential_provider_chain()
    region = sdk("core.region.region", "Region")(settings["region"], settings["endpoint"])
    builder = sdk("hss.v5", "HssClient").new_builder().with_credentials(chain.get_credentials()).with_region(region)
    number: int = (
        builder.build().list_image_scan_task(sdk("hss.v5", "ListImageScanTaskRequest")(type="image_scan")).total_num
    )
    return number


STS = ("OIDC_PROVIDER_URN", "OIDC_AGENCY_URN", "OIDC_TOKEN_FILE", "SDK_STS_ENDPOINT", "SDK_PROJECT_ID")
IAM = ("SDK_IDP_ID", "SDK_ID_TOKEN_FILE", "SDK_IAM_ENDPOINT", "SDK_PROJECT_ID")


@pytest.mark.parametrize(
    ("names", "operations"),
    [
        (STS, ["AssumeAgencyWithOIDC"]),
        (IAM, ["CreateTokenWithIdToken", "CreateTemporaryAccessKeyByToken"]),
    ],
    ids=["sts", "iam"],
)
def test_the_chain_of_the_sdk_exchanges_a_token(names: tuple[str, ...], operations: list[str], variables: Any) -> None:
    """By STS, or by the older way of IAM, and it signs with the keys that it gets."""
    with Simulator() as simulator:
        variables(simulator, *names)

        assert poll(simulator) == 6
        assert [request.operation for request in simulator.requests] == [*operations, "tasks"]


def test_the_chain_of_the_sdk_gets_the_keys_of_the_instance(variables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks the project up with them."""
    with Simulator() as simulator:
        monkeypatch.setattr(sdk("core.auth.internal", "MetadataAccessor"), "_METADATA_ENDPOINT", simulator.url)
        variables(simulator, "SDK_IAM_ENDPOINT")

        assert poll(simulator) == 6
        assert [request.operation for request in simulator.requests] == [
            *("MetadataToken", "MetadataSecurityKey", "projects", "tasks")
        ]


def test_the_sdk_shows_why_a_token_is_refused(variables: Any) -> None:
    with Simulator() as simulator:
        variables(simulator, *STS)
        simulator.access.trust = Trust(subjects=("project_path:someone/else:*",))
        refused = sdk("core.exceptions.exceptions", "SdkException")
        with pytest.raises(refused, match=r"status_code:403.*error_code:STS5\.1001"):
            poll(simulator)
