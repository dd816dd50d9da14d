"""Tests signing in with the vendor's package of credentials as the client, whose requests are correct by definition."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Simulator, Trust
from tests.simulator.alibaba.sdk import client, request

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to loopback do not go through a proxy of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def provider(name: str, **settings: Any) -> Any:
    """A provider of credentials by its name, without the sources that it would look for on its own."""
    return getattr(import_module("alibabacloud_credentials.provider"), f"{name}CredentialsProvider")(**settings)


def by_token(simulator: Simulator, folder: Path, **others: Any) -> Any:
    """A provider that exchanges the token in a file, which ends with a line end."""
    known = simulator.describe_sign_in()["alibaba"]
    path = folder / "token"
    path.write_text(simulator.token("gitlab", audience=known["oidc_audience"]) + "\n")
    return provider(
        "OIDCRoleArn",
        role_arn=known["role_arn"],
        oidc_provider_arn=known["oidc_provider_arn"],
        oidc_token_file_path=str(path),
        role_session_name="scan-gate",
        sts_endpoint=known["sts_endpoint"],
        **others,
    )


def poll(simulator: Simulator, credentials: Any) -> int:
    """The status of a poll that the vendor's SDK signs with these credentials."""
    sas = client(
        simulator,
        access_key_id=credentials.get_access_key_id(),
        access_key_secret=credentials.get_access_key_secret(),
        security_token=credentials.get_security_token(),
    )
    asked = request("GetLastOnceTaskInfo", task_type="IMAGE_SCAN", task_name="IMAGE_SCAN")
    status: int = sas.get_last_once_task_info(asked).status_code
    return status


def test_the_sdk_exchanges_a_token(tmp_path: Path) -> None:
    """It sends the token in the address of a GET, with the line end of its file."""
    with Simulator() as simulator:
        credentials = by_token(simulator, tmp_path).get_credentials()

        assert poll(simulator, credentials) == 200
        exchange, used = simulator.requests
    assert (exchange.operation, exchange.method) == ("AssumeRoleWithOIDC", "GET")
    assert exchange.query["OIDCToken"][0].endswith("\n")
    assert used.headers["x-acs-security-token"] == credentials.get_security_token()


def test_the_sdk_assumes_a_second_role(tmp_path: Path) -> None:
    """It signs the request with the older signature, whose parts are parameters."""
    with Simulator() as simulator:
        known = simulator.describe_sign_in()["alibaba"]
        second = provider(
            "RamRoleArn",
            credentials_provider=by_token(simulator, tmp_path),
            role_arn=known["assume_role_arn"],
            role_session_name="scan-gate",
            sts_endpoint=known["sts_endpoint"],
        )

        assert poll(simulator, second.get_credentials()) == 200
        assert [one.operation for one in simulator.requests[:2]] == ["AssumeRoleWithOIDC", "AssumeRole"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "UNKNOWN"}, "InvalidAccessKeyId.NotFound"),
        ({"security_token": "old"}, "InvalidSecurityToken.Expired"),
    ],
)
def test_the_sdk_with_wrong_keys_assumes_no_role(wrong: dict[str, str], code: str) -> None:
    with Simulator() as simulator:
        known, sign_in = simulator.describe()["alibaba"], simulator.describe_sign_in()["alibaba"]
        keys = {name: known[name] for name in ("access_key_id", "access_key_secret")}
        second = provider(
            "RamRoleArn",
            **{**keys, **wrong},
            role_arn=sign_in["assume_role_arn"],
            role_session_name="scan-gate",
            sts_endpoint=sign_in["sts_endpoint"],
        )
        with pytest.raises(exception(), match=code):
            second.get_credentials()


def test_the_sdk_shows_why_a_token_is_refused(tmp_path: Path) -> None:
    with Simulator() as simulator:
        simulator.access.trust = Trust(subjects=("project_path:someone/else:*",))
        with pytest.raises(exception(), match=r"http_code: 401.*AuthenticationFail\.NoPermission"):
            by_token(simulator, tmp_path).get_credentials()


def test_the_sdk_gets_the_keys_of_the_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a session token, and by the name of the role, which it asks for."""
    with Simulator() as simulator:
        instance = provider("EcsRamRole", async_update_enabled=False)
        monkeypatch.setattr(instance, "_EcsRamRoleCredentialsProvider__metadata_service_host", simulator.url)

        assert poll(simulator, instance.get_credentials()) == 200
        assert [one.operation for one in simulator.requests[:-1]] == [
            *("MetadataToken", "MetadataRoles"),
            *("MetadataToken", "MetadataSecurityCredentials"),
        ]


def exception() -> Any:
    """The error of the package."""
    return import_module("alibabacloud_credentials.exceptions").CredentialException
