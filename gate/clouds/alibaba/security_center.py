"""Calls operations of Security Center, and reads its lists: the leaf records of a task, and the rows of images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.pages import fetch_all_rows
from gate.clouds.alibaba.rpc import RpcClient
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.alibaba.translate import normalise_digest
from gate.clouds.values import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gate.clouds.alibaba.pages import Row

PAGE_SIZE = 100
"""Rows per page that are requested. The largest allowed number is not documented; the API may return fewer."""
BATCH_SIZE = 20
"""Images per request: each takes 160 bytes in two spellings, and gateways accept URLs of 8 KiB."""

# Whether the tags of an image share its Uuid is not documented. Results can change while the list is read.
_IMAGE_ID_FIELDS = ("Uuid", "Digest", "Tag", "InstanceId", "RegionId", "RepoId", "RepoNamespace", "RepoName")


class SecurityCenter(RpcClient):
    """The operations of Security Center, for one account."""

    VERSION = "2018-12-03"

    def leaf_rows(self, task_id: str) -> list[Row]:
        """All leaf records of this scan task.

        Raises:
            NotUnderstood: A response has no list, or the pages never fit together.
        """

        def fetch_page(number: int, bytes_kept: int) -> dict[str, Any]:
            paging = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE), "RelateInfo": "true"}
            query = {"TaskType": IMAGE_SCAN, "TaskId": task_id, **paging}
            return self.call("DescribeOnceTaskLeafRecordPage", query, bytes_kept)

        return fetch_all_rows(fetch_page, "OnceTasks", what="the scan task's images", identity=_leaf_identity)

    def image_rows(
        self, criteria: Mapping[str, str], is_needed: Callable[[Row], object], bytes_kept: int = 0
    ) -> list[Row]:
        """Those rows of images that fit these criteria and are needed; the API alone is not trusted with the choice.

        Raises:
            NotUnderstood: A response has no list, or the pages never fit together.
        """

        def fetch_page(number: int, bytes_kept: int) -> dict[str, Any]:
            paging = {"CurrentPage": str(number), "PageSize": str(PAGE_SIZE)}
            return self.call("DescribeImageInstances", {**criteria, **paging}, bytes_kept)

        return fetch_all_rows(
            fetch_page,
            "ImageInstanceList",
            what="images",
            identity=_image_identity,
            is_needed=is_needed,
            bytes_kept=bytes_kept,
        )


def digest_of(row: Row) -> str:
    """The digest of an image's row, without its prefix."""
    return normalise_digest(row.get("Digest"))


def batches(values: Sequence[str], size: int = BATCH_SIZE) -> Iterator[Sequence[str]]:
    """Splits values into as many as one request may have."""
    return (values[start : start + size] for start in range(0, len(values), size))


def digest_criteria(digests: Iterable[str]) -> dict[str, str]:
    """The criteria for the rows of any of these digests, in both spellings."""
    spellings = [spelling for digest in digests for spelling in (digest, f"sha256:{digest}")]
    return criteria([("digest", spelling) for spelling in spellings], "OR")


def criteria(values: Iterable[tuple[str, str]], logical: str) -> dict[str, str]:
    """The criteria for rows that have all or any of these values, by the word `AND` or `OR`."""
    parts = [{"name": name, "value": value, "logicalExp": logical} for name, value in values]
    return {"Criteria": json.dumps(parts, separators=(",", ":")), "LogicalExp": logical}


def _leaf_identity(row: Row) -> object:
    info = row.get("TaskImageInfo")
    # CostTimeInfo can change while the list is read, and the record is still the same.
    stable_info = {**info, "CostTimeInfo": None} if isinstance(info, dict) else info
    return identity([*(row.get(name) for name in ("TaskId", "TargetType", "Target")), stable_info])


def _image_identity(row: Row) -> object:
    return identity([row.get(name) for name in _IMAGE_ID_FIELDS])
