"""Publishing an outcome: first the files, then the CI host, then the words for a person; none of them hides another."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from gate import ci
from gate.policy import Decision
from gate.reports import REPORTS, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gate.log import Log
    from gate.outcome import Outcome
    from gate.settings import ReportWish


def publish(outcome: Outcome, wishes: Iterable[ReportWish], environ: Mapping[str, str], log: Log) -> None:
    """Writes every report that is wished for; what cannot be written is said in the log and changes no verdict."""
    for wish in wishes:
        report = REPORTS[wish.format]
        if report.needs_a_verdict and outcome.verdict.decision is Decision.UNDECIDED:
            log.complain(f"{wish.path} is not written: {report.needs_a_verdict}.")
            continue
        try:
            write_whole(wish.path, report.render(outcome))
        except OSError as error:
            log.complain(f"{wish.path} cannot be written ({error.strerror}). The verdict stands; check path and disk.")
    host = ci.detect(environ)
    for complaint in host.publish(outcome) if host else ():
        log.complain(complaint)
    say(plain.render(outcome))


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that a reader finds all of it or nothing; the folder is made where there is none.

    Raises:
        OSError: It could not be written; what was there before is still there.
    """
    if _is_standard_output(path):
        say(text)
        return
    if path.is_symlink() or (path.exists() and not path.is_file()):
        _write_through(path, text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _is_standard_output(path: Path) -> bool:
    # Opened anew, /dev/stdout would have a place of its own in the file that a shell redirects to.
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def _write_through(path: Path, text: str) -> None:
    # What a link, a pipe or a device leads to keeps its place: /dev/stdout is a link. Nobody's pipe is not waited for.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags, 0o666), "w", encoding="utf-8") as file:
        os.set_blocking(file.fileno(), True)
        file.write(text)


def forget(path: Path) -> None:
    """Takes the report of an earlier run away, which would be mistaken for one of this run if that one wrote none."""
    with suppress(OSError):
        if path.is_file() and not path.is_symlink():
            path.unlink()


def say(text: str) -> None:
    """Prints what the user came for; somebody who closed the pipe does not want to know."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError):
        # Python flushes once more at its end, and would exit with 120 if that failed too.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
