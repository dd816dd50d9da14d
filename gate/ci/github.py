"""GitHub Actions: outputs for later steps and a job summary, by the files that the runner names (ci-hosts.md 4.1)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gate.reports import markdown
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gate.outcome import Outcome


class GitHub:
    """Writes the two files of one step; both are the runner's, so they are only ever appended to."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def publish(self, outcome: Outcome) -> Iterator[str]:
        """See `Host.publish`."""
        yield from self._append("GITHUB_OUTPUT", lambda _: outputs(outcome))
        yield from self._append(
            "GITHUB_STEP_SUMMARY", lambda size: markdown.render(outcome, markdown.BUDGET - size - 1)
        )

    def _append(self, variable: str, text_after: Callable[[int], str]) -> Iterator[str]:
        name = self._environ.get(variable)
        if not name:
            return
        try:
            with Path(name).open("a+b") as file:
                size = file.seek(0, os.SEEK_END)
                text = text_after(size)
                file.write((text if not text or _ends_a_line(file, size) else f"\n{text}").encode())
        except OSError as error:
            hint = (
                " GitHub's files are root's: run the container as root." if isinstance(error, PermissionError) else ""
            )
            yield f"{variable} cannot be written ({error.strerror}): later steps will not see the verdict.{hint}"
            return
        if not text:
            yield f"{variable} is full: earlier steps wrote so much that GitHub would drop all of it."


def _ends_a_line(file: BinaryIO, size: int) -> bool:
    # What an earlier tool left without an end of line would swallow our first one.
    return size == 0 or (file.seek(size - 1) >= 0 and file.read(1) == b"\n")


def outputs(outcome: Outcome) -> str:
    """Renders the outputs of the action; what is not known is empty.

    Each value is fenced by a delimiter that nobody can guess, so that no value can end early and forge another output.
    """
    fence = f"scan-gate-{secrets.token_hex(16)}"
    return "".join(f"{name}<<{fence}\n{one_line(value)}\n{fence}\n" for name, value in outcome.outputs.items())
