"""One call of an operation, after its request has been authenticated and its parameters checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPMessage

from gate.simulator.cloud import CloudState
from gate.simulator.huawei.checks import EVERY_ENTERPRISE_PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What an operation responds to."""

    path: Mapping[str, str]
    """The variable parts of the path, percent-decoded once."""
    query: Mapping[str, str]
    """The parameters, each with its first value, and the defaults of those that were not given."""
    names: Sequence[str] | None
    """Every value of the parameter `name`; None if it was not given."""
    headers: HTTPMessage
    """Names are case-insensitive."""
    body: bytes
    state: CloudState

    @property
    def at(self) -> float:
        """Now, in seconds since the epoch."""
        return self.state.at

    @property
    def enterprise_project(self) -> str:
        """The enterprise project that is asked for, or all of them."""
        return self.query["enterprise_project_id"]

    @property
    def own_enterprise_project(self) -> str:
        """That of a task which this call starts."""
        return "0" if self.enterprise_project == EVERY_ENTERPRISE_PROJECT else self.enterprise_project
