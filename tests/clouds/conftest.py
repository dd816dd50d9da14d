"""Fixtures for the tests of the clouds: a certificate, an unused address, and the vendor's SDK."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds.builders import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a self-signed certificate for 127.0.0.1 and gate.invalid."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which creates the certificate, is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:gate.invalid"
    request = ("-x509", "-nodes", "-days", "2", "-subj", "/CN=gate.invalid", "-addext", names)
    key_type = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    subprocess.run(
        (openssl, "req", *request, *key_type, "-keyout", str(key), "-out", str(certificate)),
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """A TLS context for a server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def unused_address() -> Iterator[str]:
    """A loopback address where nothing listens; the port stays bound, so that no parallel test can listen on it."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield f"{LOOPBACK}:{bound.getsockname()[1]}"


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Any]:
    """Imports a name from the vendor's SDK with a home directory of its own, because the import writes a file there."""
    home = str(tmp_path_factory.mktemp("home"))

    def find(module: str, name: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", home)
            return getattr(import_module(f"huaweicloudsdk{module}"), name)

    return find
