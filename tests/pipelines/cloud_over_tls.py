"""Serves a simulated cloud over TLS to the containers of this machine: `python -m tests.pipelines.cloud_over_tls`.

GitHub's runner gives the container of an action a network of its own, from which the loopback of the job cannot be
reached, and the gate speaks plain http to loopback only. So the simulator stands behind TLS here, on all addresses,
with a certificate of its own. It needs nothing but Python and openssl.
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


def main(cloud: str, scenario: str, told: str, certificate: str) -> None:
    """Serves until it is stopped.

    Args:
        cloud: Which of the clouds to tell of.
        scenario: What happens in it.
        told: File for where the cloud is and how to sign in, as outputs of a step; it is there once the cloud is.
        certificate: File for what the client has to trust.
    """
    address = own_address()
    with Simulator(scenario) as simulator, tempfile.TemporaryDirectory() as folder:
        context = sealed(address, Path(folder), Path(certificate))
        known = simulator.describe()[cloud]
        asyncio.run(serve(context, simulator.port, lambda port: tell(known, f"https://{address}:{port}", Path(told))))


def own_address() -> str:
    """The address of this machine that containers can reach; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address: str = probe.getsockname()[0]
        return address


def sealed(address: str, folder: Path, certificate: Path, *names: str) -> ssl.SSLContext:
    """Makes a certificate for this address and these names that nobody has signed, and the server side of TLS."""
    key, owners = folder / "key.pem", ",".join((f"IP:{address}", *(f"DNS:{name}" for name in names)))
    wishes = ("-x509", "-nodes", "-days", "2", "-subj", "/CN=scan-gate", "-addext", f"subjectAltName={owners}")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    openssl = shutil.which("openssl") or "openssl"
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((openssl, "req", *wishes, *kind, *files), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def tell(known: dict[str, str], endpoint: str, path: Path) -> None:
    """Writes the file whole, so that whoever waits for it can read it at once."""
    outputs = {name: known[name] for name in ("region", "access_key_id", "access_key_secret")}
    outputs |= {"endpoint": endpoint, "project_id": known.get("project_id", "")}
    part = path.with_suffix(".part")
    part.write_text("".join(f"{name.replace('_', '-')}={value}\n" for name, value in outputs.items()))
    part.replace(path)


async def serve(context: ssl.SSLContext, port: int, ready: Callable[[int], None]) -> None:
    """Passes every byte on to that port of the loopback, and back."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, here), carry(there, writer))

    server = await asyncio.start_server(join, "0.0.0.0", ssl=context)  # noqa: S104 - containers come from outside
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what comes until no more comes, whichever side breaks off."""
    with suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
