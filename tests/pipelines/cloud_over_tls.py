"""Serves a simulated cloud over TLS to the containers of this machine: `python -m tests.pipelines.cloud_over_tls`.

GitHub's runner gives the container of an action its own network, which does not reach the loopback of the job, and the
gate sends plain http to loopback addresses only. So this is a TLS proxy in front of the simulator, on all addresses,
with a self-signed certificate. It needs Python and openssl only.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gate.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable


def main(cloud: str, scenario: str, outputs: str, certificate: str) -> None:
    """Serves until it is stopped.

    Args:
        cloud: The cloud that the outputs are for.
        scenario: The scenario of the simulator.
        outputs: The file for endpoint, region and credentials, as outputs of a step; it exists once the cloud serves.
        certificate: The file for the certificate that the client has to trust.
    """
    address = own_address()
    with Simulator(scenario) as simulator, tempfile.TemporaryDirectory() as folder:
        context = server_context(address, Path(folder), Path(certificate))
        settings = simulator.describe()[cloud]
        asyncio.run(
            serve(
                context,
                simulator.port,
                lambda port: write_outputs(settings, f"https://{address}:{port}", Path(outputs)),
            )
        )


def own_address() -> str:
    """An address of this machine that containers can reach; finding it sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        return address


def server_context(address: str, folder: Path, certificate: Path, *names: str) -> ssl.SSLContext:
    """Makes a self-signed certificate for this address and these names, and the TLS context of a server with it."""
    key, subjects = folder / "key.pem", ",".join((f"IP:{address}", *(f"DNS:{name}" for name in names)))
    options = ("-x509", "-nodes", "-days", "2", "-subj", "/CN=scan-gate", "-addext", f"subjectAltName={subjects}")
    key_type = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    openssl = shutil.which("openssl") or "openssl"
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((openssl, "req", *options, *key_type, *files), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def write_outputs(settings: dict[str, str], endpoint: str, path: Path) -> None:
    """Writes the file atomically: a process waits for it to exist."""
    outputs = {name: settings[name] for name in ("region", "access_key_id", "access_key_secret")}
    outputs |= {"endpoint": endpoint, "project_id": settings.get("project_id", "")}
    part = path.with_suffix(".part")
    part.write_text("".join(f"{name.replace('_', '-')}={value}\n" for name, value in outputs.items()))
    part.replace(path)


async def serve(context: ssl.SSLContext, port: int, ready: Callable[[int], None]) -> None:
    """Forwards every connection to this port of the loopback address."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_simulator, to_simulator = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, to_simulator), copy(from_simulator, writer))

    server = await asyncio.start_server(forward, "0.0.0.0", ssl=context)  # noqa: S104 - containers connect from outside
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies bytes until one side closes its connection."""
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
