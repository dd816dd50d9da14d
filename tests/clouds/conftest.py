"""What takes long to make and is made once: a certificate, and the vendor's SDK in a home of its own."""

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
    """A file with a key and a certificate for 127.0.0.1 and gate.invalid that nobody has signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:gate.invalid"
    wishes = ("-x509", "-nodes", "-days", "2", "-subj", "/CN=gate.invalid", "-addext", names)
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    subprocess.run(
        (openssl, "req", *wishes, *kind, "-keyout", str(key), "-out", str(certificate)),
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def nobody() -> Iterator[str]:
    """A loopback address at which nobody listens, nor can before the test is over: other workers take ports, too."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield f"{LOOPBACK}:{taken.getsockname()[1]}"


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Any]:
    """Finds a name in a module of the vendor's SDK, which leaves a file in the home directory when it is imported."""
    home = str(tmp_path_factory.mktemp("home"))

    def find(module: str, name: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", home)
            return getattr(import_module(f"huaweicloudsdk{module}"), name)

    return find
