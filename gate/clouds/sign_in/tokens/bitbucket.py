"""The OIDC token of a step of Bitbucket Pipelines, whose audience the gate cannot set (sign-in.md 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.sign_in.tokens.check import TokenCheck

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

_VARIABLE = "BITBUCKET_STEP_OIDC_TOKEN"


class BitbucketPipelines:
    """The token in the variable of the step, which is the same for the whole step."""

    name = "Bitbucket Pipelines"
    is_fresh = False
    endpoints = ()

    def __init__(self, connection: Connection, _audience: str) -> None:
        self._text = connection.environ.get(_VARIABLE, "")
        self._check = TokenCheck(
            connection,
            f"the variable {_VARIABLE}",
            remedy="Set `oidc: true` in this step of the pipeline, and do not set the variable yourself.",
            audience_from="Bitbucket takes it from `oidc: audiences:` of the step, else it is that of the workspace",
        )

    def token(self, *, is_retried: bool = True) -> str:  # noqa: ARG002 - there is no request
        """See `TokenSource.token`."""
        return self._check.checked(self._text)


SOURCE = BitbucketPipelines
