"""What a verdict is about beside the images: where the cloud was asked, in which job, and who has set the policy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_URL = 2000
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%{}-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The job that the gate runs in, as its variables state it; empty where they do not.

    Nothing checks them: anybody who can set variables of the job can set these.
    """

    ci: str = ""
    """The name of the CI system, as `--ci` takes it."""
    repository: str = ""
    repository_url: str = ""
    commit: str = ""
    branch: str = ""
    """The branch or tag; of a pull request, the branch that it would merge."""
    pipeline: str = ""
    """What the CI system calls this run of the pipeline: a number or an id."""
    pipeline_url: str = ""
    name: str = ""
    url: str = ""
    gate_image: str = ""
    """The image that the gate runs in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunContext:
    """Where the cloud was asked, in which job, and where the policy comes from."""

    region: str = ""
    """Empty if only an endpoint was given."""
    endpoint: str = ""
    """The address that was given in place of the region's own; empty without one."""
    account: str = ""
    """The project of Huawei Cloud, or the account of Alibaba Cloud; empty where it is not known."""
    started_tasks: tuple[str, ...] = ()
    """The ids of the scan tasks that the run has started, as far as they are known."""
    job: Job = field(default_factory=Job)
    policy_sources: Mapping[str, str] = field(default_factory=dict)
    """Where the value of each option of the policy comes from, by the option's name; `default` for a default."""


def web_address(text: str | None) -> str:
    """The text if it is an address that a report may link to; empty if it is not, or has credentials in it."""
    if text is None or len(text) > _MAX_URL or not _PLAIN_URL.fullmatch(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.hostname and "@" not in parts.netloc else ""


def without_user(text: str | None) -> str:
    """A web address without the user and the password in it, which some CI systems put into that of a repository."""
    return web_address(re.sub(r"^(https?://)[^/@]*@", r"\1", text or ""))
