"""Evaluates a session policy: temporary keys can do what it allows, and no more (alibaba-images.md 9).

Resources and conditions are not evaluated; a statement has to name a resource all the same.
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "GetLastOnceTaskInfo": ("yundun-aegis:GetLastOnceTaskInfo",),
    "GetOnceTaskResultInfo": ("yundun-aegis:GetOnceTaskResultInfo",),
    # Its action is not published, and the facts advise to allow it under both prefixes.
    "DescribeUuidVulNumClassifyStatistic": (
        "yundun-sas:DescribeUuidVulNumClassifyStatistic",
        "yundun-aegis:DescribeUuidVulNumClassifyStatistic",
    ),
    "ListInstance": ("cr:ListInstance",),
    "GetRepository": ("cr:GetRepository",),
    "GetRepoTag": ("cr:ListRepositoryTag",),
    "CreateRepoTagScanTask": ("cr:PutScan",),
    "GetRepoTagScanStatus": ("cr:GetScan",),
    "ListRepoTagScanResult": ("cr:GetScan",),
    "GetRepoTagScanSummary": ("cr:GetScanCount",),
    "AssumeRole": ("sts:AssumeRole",),
}
"""The actions of RAM, all of which an operation needs, where they are not `yundun-sas:` and its name."""
EFFECTS: Final = frozenset({"Allow", "Deny"})


def is_policy(text: str) -> bool:
    """Whether it has the form of a policy."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    if not isinstance(document, dict) or document.get("Version") != "1":
        return False
    statements = document.get("Statement")
    return isinstance(statements, list) and bool(statements) and all(map(_is_statement, statements))


def allows(policy: str, operation: str) -> bool:
    """Whether a session policy allows an operation; an empty text is no policy, and limits nothing."""
    if not policy:
        return True
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return all(_is_allowed(action, statements) for action in ACTIONS.get(operation, (f"yundun-sas:{operation}",)))


def _is_allowed(action: str, statements: list[dict[str, Any]]) -> bool:
    effects = {
        one["Effect"] for one in statements if any(_matches(action, pattern) for pattern in _texts(one["Action"]))
    }
    return effects == {"Allow"}


def _matches(action: str, pattern: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def _is_statement(statement: object) -> bool:
    return (
        isinstance(statement, dict)
        and statement.get("Effect") in EFFECTS
        and all(any(True for _ in _texts(statement.get(name))) for name in ("Action", "Resource"))
    )


def _texts(value: object) -> Iterator[str]:
    """The texts of a member that is one of them, or a list of them."""
    yield from [value] if isinstance(value, str) else value if isinstance(value, list) else []
