"""Checks that the file of trusted certificates can be read, before a connection needs it.

`requests` and `urllib3` report a file that is missing or may not be read like a connection that broke, after which the
gate would try again.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from gate.errors import UsageError
from gate.text import one_line

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""In the order in which `requests` reads them."""
TOO_MANY_OPEN_FILES = (errno.EMFILE, errno.ENFILE)


def check_ca_bundle(path: object, *, option: str | None, host: str) -> None:
    """Checks that the file, or the directory, of trusted certificates can be read.

    Args:
        path: The path that `requests` will use; not a string if it uses its own file.
        option: The path that the option gives; None if a variable gives it.
        host: The host whose certificate is to be checked.

    Raises:
        UsageError: The path does not exist, cannot be read, or is neither a regular file nor a directory.
        OSError: This process has too many open files.
    """
    if not isinstance(path, str):
        return
    try:
        reason = _open(Path(path))
    except OSError as error:
        if error.errno in TOO_MANY_OPEN_FILES:
            raise
        reason = str(error.strerror)
    if reason:
        source = "--ca-bundle" if option else next(filter(os.environ.get, _VARIABLES))
        raise UsageError(
            f"The certificates to check {host} by cannot be used ({one_line(path, 200)}: {reason}).",
            means=f"{source} names a file that does not exist, or that the user of this process may not read.",
            remedy=f"Correct {source}, or the permissions of the file.",
        )


def is_system_file_missing() -> bool:
    """Whether SSL_CERT_FILE names a file that is not there, which OpenSSL ignores silently."""
    path = os.environ.get("SSL_CERT_FILE")
    return bool(path) and not Path(str(path)).exists()


def _open(path: Path) -> str:
    """Opens the file or directory; returns why it cannot be used, or an empty string."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        os.scandir(path).close()
        return ""
    if not stat.S_ISREG(mode):
        return "it is not a regular file, and a pipe can be read only once"
    with path.open("rb") as file:
        file.read(1)
    return ""
