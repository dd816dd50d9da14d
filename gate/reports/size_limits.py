"""The size limits: how large the job summary and each report may be, and how much of it fits into that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SUMMARY_SIZE = 1_000_000
"""Bytes of the `markdown` report, which is the job summary in GitHub.

GitHub drops a whole summary above 1,048,576 and has lost some near it (ci-hosts.md 4.1).
"""
MAX_HTML_SIZE = 8_000_000
"""Bytes of the whole page in the worst case; a browser on a phone still opens that."""
MAX_JUNIT_SIZE = 29_000_000
"""Bytes: GitLab takes files of less than 30 MB."""
MAX_SARIF_SIZE = 9_500_000
"""Bytes when compressed: GitHub takes 10 MB. Only random names come near it."""


def size(text: str) -> int:
    """How many bytes this text has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def count_fitting(rows: Iterable[str], max_size: int) -> int:
    """How many of the rows, from the first on, have at most so many bytes together."""
    count = 0
    for row in rows:
        max_size -= size(row)
        if max_size < 0:
            break
        count += 1
    return count
