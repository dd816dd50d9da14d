"""Makes the TLS certificates of the matrix: three of them, of which the gate trusts two."""

from __future__ import annotations

import shutil

import pytest

from tests.matrix.fault import Certificates
from tests.matrix.proxy import CLOUD
from tests.pipelines.cloud_over_tls import server_context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The certificates, made once per session."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make certificates")
    folder = tmp_path_factory.mktemp("certificates")
    trusted = server_context("127.0.0.1", folder, folder / "trusted.pem", CLOUD)
    misnamed = server_context("192.0.2.1", folder, folder / "misnamed.pem", "another.invalid")
    bundle = folder / "bundle.pem"
    bundle.write_text("".join((folder / f"{name}.pem").read_text() for name in ("trusted", "misnamed")))
    untrusted = server_context("127.0.0.1", folder, folder / "untrusted.pem", CLOUD)
    return Certificates(trusted=trusted, untrusted=untrusted, misnamed=misnamed, bundle=bundle)
