"""What the matrix needs of the machine: two certificates, of which the gate is told to trust one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.hosts.cloud_over_tls import sealed
from tests.matrix.proxy import CLOUD

if TYPE_CHECKING:
    import ssl
    from pathlib import Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext, Path]:
    """The server's side of TLS with a trusted certificate and with another one, and the file with the trusted one."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificates")
    trusted = sealed("127.0.0.1", folder, folder / "trusted.pem", CLOUD)
    return trusted, sealed("127.0.0.1", folder, folder / "other.pem", CLOUD), folder / "trusted.pem"
