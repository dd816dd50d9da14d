"""OIDC tokens that are there when the gate starts: in a variable, such as GitLab's (sign-in.md 3.2), or in a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from gate.clouds.secret_file import read_secret_file
from gate.clouds.sign_in.tokens.check import TokenCheck
from gate.errors import UsageError

if TYPE_CHECKING:
    from gate.clouds.interface import Connection


class VariableToken:
    """The token in a variable, which is the same for the whole job."""

    is_fresh = False
    endpoints = ()

    def __init__(self, connection: Connection, variable: str) -> None:
        self._text = connection.environ.get(variable, "")
        self.name = f"the variable {variable}"
        self._check = TokenCheck(
            connection,
            self.name,
            remedy="Set it to the token itself; in GitLab, name a token under `id_tokens` so.",
            audience_from="what sets the variable sets the audience too, such as `aud` under `id_tokens` in GitLab",
        )

    def token(self, *, is_retried: bool = True) -> str:  # noqa: ARG002 - there is no request
        """See `TokenSource.token`."""
        return self._check.checked(self._text)


class FileToken:
    """The token in a file, which is read anew each time.

    Not every file is renewed, so that it counts as fixed: a session is then asked for as long as it may be needed.
    """

    is_fresh = False
    endpoints = ()

    def __init__(self, connection: Connection, path: str, *, named_by: str) -> None:
        """Keeps the path.

        Args:
            connection: What the checks need.
            path: The path of the file.
            named_by: What names the file, such as `the variable NAME_FILE`.
        """
        self._path = path
        self._named_by = named_by
        self.name = f"the file that {named_by} names"
        self._check = TokenCheck(
            connection,
            self.name,
            remedy="Have the file written with the token alone in it, before the gate starts.",
            audience_from="what writes the file sets it",
        )

    def token(self, *, is_retried: bool = True) -> str:  # noqa: ARG002 - there is no request
        """See `TokenSource.token`."""
        mode = stat.S_IFREG
        with suppress(OSError, ValueError):
            mode = os.stat(self._path).st_mode  # noqa: PTH116 - a Path would raise for some texts
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise UsageError(
                f"{self._named_by} names a file that cannot be read again: it is no regular file.",
                means="A pipe gives its contents once, and the gate reads the token for every sign-in.",
                remedy="Write the token to a file.",
            )
        return self._check.checked(read_secret_file(self._path, named_by=self._named_by, unset="do not give it"))
