"""Which scan tasks of a project are selected, from the options of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_SCAN, IMAGE_SYNC = "image_scan", "image_sync"
PAGE_SIZE = 200
"""The largest page of ListImageScanTask; the smallest has 10 tasks (huawei-hss.md 1)."""
_SCOPE = ("enterprise-project-id",)
_FILTERS = ("global-image-type", "task-type", "task-name", "create-time", "end-time", "task-status", "scan-scope")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which tasks of the project are selected, as query parameters of ListImageScanTask."""

    list_type: str
    """The parameter `type`: `image_scan` or `image_sync`."""
    scope: tuple[tuple[str, str], ...]
    """Where to search; sent with every request."""
    filters: tuple[tuple[str, str], ...]
    """Sent until a task is found, since that task may stop matching them later."""
    page_size: int

    @classmethod
    def from_options(cls, values: Mapping[str, object]) -> Self:
        """Reads the options that were given, by name; an option becomes the query parameter of its name."""

        def given(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
            return tuple((name.replace("-", "_"), str(values[name])) for name in names if name in values)

        return cls(
            list_type=str(values.get("type", IMAGE_SCAN)),
            scope=given(_SCOPE),
            filters=given(_FILTERS),
            page_size=int(str(values.get("limit", PAGE_SIZE))),
        )
