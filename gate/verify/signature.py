"""Has the signature of one statement checked by another program, which the user names."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING

from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from gate.image import ImageRef
    from gate.verify.envelopes import Stated

_TIME_LIMIT = 120.0
"""Seconds; a tool reads certificates and a log of transparency over the network."""
_STATEMENT = "{statement}"
_PLACEHOLDER = re.compile(r"\{(?:statement|image|digest)\}")
_MAX_SHOWN = 2000
"""Bytes from the end of what the tool says."""


def signature_command(text: str) -> tuple[str, ...]:
    """Parses a command line as a shell does, which does not run it; `{statement}` has to be in it.

    Without it, the tool would check another statement than the one that counts.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a command line: {error}") from None
    if not any(_STATEMENT in word for word in words[1:]):
        raise ValueError(
            f"{text!r} has no {_STATEMENT}, for the path of the file with the statement that counts; without it, the "
            "command would check another one"
        )
    return words


def refusal(command: Sequence[str], stated: Stated, image: ImageRef, *, time_limit: float = _TIME_LIMIT) -> str:
    """Runs the command for one image; returns why it does not accept the statement, or nothing if it exits with 0.

    It reads a copy of exactly the text that was judged, with nothing else in the file.

    Args:
        command: The words of the command, with placeholders: `{statement}`, `{image}`, and `{digest}` in hexadecimal.
        stated: The statement that counts.
        image: The image that it counts for.
        time_limit: Seconds.

    Raises:
        UsageError: It cannot be started.
    """
    try:
        with TemporaryDirectory(prefix="scan-gate-") as folder, TemporaryFile() as said:
            # GitHub's tool takes a file for one bundle only if its name ends so (attestations.md 5).
            path = Path(folder, "statement.json")
            path.write_bytes(stated.text.encode())
            values = {_STATEMENT: str(path), "{image}": str(image), "{digest}": image.digest.partition(":")[2]}
            words = [_PLACEHOLDER.sub(lambda found: values[found[0]], word) for word in command]
            ended = subprocess.run(  # noqa: S603 - it is the user's own command, without a shell
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, timeout=time_limit, check=False
            )
            return "" if ended.returncode == 0 else f"exit code {ended.returncode}. {_end_of(said)}".rstrip()
    except subprocess.TimeoutExpired:
        return f"it took longer than {time_limit:g} s"
    except OSError as error:
        raise UsageError(
            f"The command of --verify-with cannot be run: {command[0]} ({error.strerror}).",
            remedy="Install it, or correct the command.",
        ) from None


def _end_of(said: BinaryIO) -> str:
    said.seek(max(0, said.seek(0, 2) - _MAX_SHOWN))
    return said.read().decode(errors="replace").strip()
