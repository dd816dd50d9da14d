"""The OIDC token of a job of Buildkite, by `buildkite-agent oidc request-token` (sign-in.md 3.4)."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gate.buildkite_agent import AGENT, environ_of_agent, find_agent
from gate.clouds.redaction import Redactor
from gate.clouds.sign_in.tokens.check import TokenCheck, without_tokens
from gate.errors import DeadlineExceeded, NotAuthorised, Unreachable
from gate.text import one_line
from gate.verdict_messages import format_duration

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

_SECRETS = ("BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_AGENT_JOB_API_TOKEN")
_MAX_MESSAGE_LENGTH = 300
_INSTEAD = (
    "Pass the agent, the variables BUILDKITE_* and the socket in BUILDKITE_AGENT_JOB_API_SOCKET into the container of "
    "the gate, or request the token before, and pass it in SCAN_GATE_OIDC_TOKEN."
)


class Buildkite:
    """Has the agent request a token for every sign-in: one lives for minutes."""

    name = "Buildkite"
    is_fresh = True
    endpoints = ()

    def __init__(self, connection: Connection, audience: str) -> None:
        self._connection = connection
        self._arguments = ("oidc", "request-token", "--audience", audience)
        self._check = TokenCheck(connection, f"{AGENT} {' '.join(self._arguments[:2])}", remedy=_INSTEAD)

    def token(self, *, is_retried: bool = True) -> str:  # noqa: ARG002 - the agent itself retries
        """See `TokenSource.token`; the agent has as much time as a request has."""
        agent = find_agent(self._connection.environ)
        if agent is None:
            raise NotAuthorised(
                f"There is no OIDC token of Buildkite: {AGENT} is not in this container.",
                means="The agent requests the token, and is on the machine of the job, outside of its containers.",
                remedy=_INSTEAD,
            )
        if not self._connection.deadline.try_acquire_request():
            raise DeadlineExceeded(
                f"The time is up, before {AGENT} could request an OIDC token.", remedy="Raise --timeout."
            )
        ended = self._run([agent, *self._arguments])
        if ended.returncode:
            raise NotAuthorised(
                f"{AGENT} has not got an OIDC token (exit code {ended.returncode}{self._message(ended.stderr)}).",
                means="The agent is too old, or lacks what it needs of its job, or Buildkite does not issue a token.",
                remedy=_INSTEAD,
            )
        # A damaged character is none of a token.
        return self._check.checked(ended.stdout.decode(errors="replace"))

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        limit = self._connection.settings.request_timeout
        try:
            return subprocess.run(  # noqa: S603 - the CI system's own program, with arguments of ours and the audience
                command,
                stdin=subprocess.DEVNULL,
                env=environ_of_agent(self._connection.environ),
                capture_output=True,
                check=False,
                timeout=limit,
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(
                f"{AGENT} has not got an OIDC token within {format_duration(limit)} (--request-timeout).",
                means="Buildkite cannot be reached from here, or is slow.",
                remedy="Check the proxy settings of the agent, or raise --request-timeout.",
            ) from None
        except OSError as error:
            raise NotAuthorised(
                f"{AGENT} cannot be run: {error.strerror}.",
                means="It is a program for another machine, or not complete.",
                remedy=_INSTEAD,
            ) from None

    def _message(self, output: bytes) -> str:
        """The last line that the agent has logged, without secrets; empty if there is none."""
        environ = self._connection.environ
        lines = output.decode(errors="replace").strip().splitlines()
        redactor = Redactor(environ.get(name, "") for name in _SECRETS)
        last = without_tokens(redactor.redact_text(lines[-1])) if lines else ""
        return f": {one_line(last, _MAX_MESSAGE_LENGTH)}" if last else ""


SOURCE = Buildkite
