"""What the matrix needs of the machine: three certificates, of which the gate is told to trust two."""

from __future__ import annotations

import shutil

import pytest

from tests.matrix.proxy import CLOUD
from tests.matrix.stage import Certificates
from tests.pipelines.cloud_over_tls import server_context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once for all cells."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificates")
    trusted = server_context("127.0.0.1", folder, folder / "trusted.pem", CLOUD)
    misnamed = server_context("192.0.2.1", folder, folder / "misnamed.pem", "another.invalid")
    bundle = folder / "bundle.pem"
    bundle.write_text("".join((folder / f"{name}.pem").read_text() for name in ("trusted", "misnamed")))
    stranger = server_context("127.0.0.1", folder, folder / "stranger.pem", CLOUD)
    return Certificates(trusted=trusted, stranger=stranger, misnamed=misnamed, bundle=bundle)
