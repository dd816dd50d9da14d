"""Translates the leaf records of a scan task, each the scan of one image or of one whole repository.

A leaf record succeeded only if it says so, and nothing else that it states contradicts that
(alibaba-security-center.md 2.1, 2.3). Values count by type: false is not 0, and 3.0 is not 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.alibaba.translate import NOT_STATED, SUCCESS_VALUES, normalise_digest
from gate.clouds.values import as_text, count, datetime_from_ms, is_one_of, malformed, text
from gate.image import ImageRef
from gate.policy import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LOCATION_FIELDS = ("RepoRegionId", "RegionId", "RepoId")
# Tuples and not sets: a list or an object of the response is not hashable.
_FINISHED_VALUES: tuple[object, ...] = (*NOT_STATED, 1, "1")
_STATUSES: tuple[object, ...] = (*NOT_STATED, "0", 0, "2", 2, "SUCCESS")
"""0 is the only documented example; the others are those of DescribeOnceTask for a completed task, and its word."""
_STARTS = ("StartTime", "RealRunTime")
_NO_TIME: tuple[object, ...] = (*NOT_STATED, 0)
_START_TOLERANCE = timedelta(minutes=1)
"""By so much a leaf record may start before its task: no document says which of both is written first (2.3)."""
_DIGEST_LENGTH = 64
"""Characters of a SHA-256 in hexadecimal digits, the shortest digest that an image has."""
_NUMBER = re.compile("[0-9]{1,40}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanWindow:
    """The time in which what belongs to this scan can have happened."""

    since: datetime | None = None
    """The latest start of the scan that was stated; None if it is not known. What ended before is of another scan."""
    earliest: datetime | None = None
    """The earliest start that was stated; a start time that moves while the scan runs is that of the same scan."""
    now: datetime | None = None
    """None for a window without an end."""

    @property
    def until(self) -> datetime | None:
        """The latest time that is not in the future, for a clock of this machine that may be behind."""
        return self.now + CLOCK_TOLERANCE if self.now else None

    def starts_after(self, time: datetime) -> bool:
        """Whether this time is before the start of the scan."""
        return self.since is not None and time < self.since

    def cannot_contain(self, time: datetime) -> bool:
        """Whether this time is clearly before every start of the scan that was stated."""
        start = self.earliest or self.since
        return start is not None and start - time > _START_TOLERANCE

    def ends_before(self, time: datetime) -> bool:
        """Whether this time is in the future."""
        return self.until is not None and time > self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafRecord:
    """The part of a scan task that scans one image or one whole repository."""

    image: ImageRef
    succeeded: bool
    reason: str = ""
    """Why it did not succeed, in the cloud's own words."""
    location: tuple[str, ...] = ()
    """Where the image is stored; one name can exist in two regions."""
    ended_at: datetime | None = None
    """Aware, in UTC."""
    is_repository: bool = False
    """Whether it stands for a whole repository, and so for an unknown number of images."""

    @property
    def counts_as_image(self) -> bool:
        """Whether it counts as an image: all do, except those of a whole repository that succeeded.

        The documents do not say why a repository has a leaf record (2.1). One that did not succeed may stand for images
        without leaf records of their own. A record without a TargetType is taken for that of an image.
        """
        return not (self.is_repository and self.succeeded)


def record_target(row: Mapping[str, Any]) -> str:
    """The image, by its digest, or the repository that a leaf record is about; empty if it names none."""
    return normalise_digest(_image_info(row).get("Digest")) or normalise_digest(row.get("Target"))


def parse_leaf_record(row: Mapping[str, Any], window: ScanWindow) -> LeafRecord:
    """Translates one entry of OnceTasks; anything but a clear success is a failure.

    Args:
        row: The entry.
        window: When the task ran; a record that ran at another time is not one of this scan.

    Raises:
        NotUnderstood: The record belongs to another type of task than was requested.
    """
    if row.get("TaskType") not in (None, "", IMAGE_SCAN):
        raise malformed("The list of the scan task's images has a record of another type of task.")
    reasons, info, image = _failure_reasons(row, window), _image_info(row), _image(row)
    if _is_repository(row):
        image = replace(image, name=image.name or image.digest, digest="")
        # Only a repository that failed counts; see `LeafRecord.counts_as_image`.
        reasons += ["a whole repository"] if reasons else []
    return LeafRecord(
        image=image,
        succeeded=not reasons,
        reason=", ".join(reasons),
        location=tuple(text(info.get(key)) for key in _LOCATION_FIELDS),
        ended_at=_earliest_end(row, window),
        is_repository=_is_repository(row),
    )


def _failure_reasons(row: Mapping[str, Any], window: ScanWindow) -> list[str]:
    """Why a leaf record is not a clear success, in the cloud's own words if it has any; empty for a success."""
    status, result = row.get("StatusText"), row.get("ResultInfo")
    reasons = [as_text(value) for value in (status, result) if not is_one_of(value, SUCCESS_VALUES)]
    if status != "SUCCESS":
        return reasons or ["no state given"]
    return [*reasons, *_contradicting_states(row), *_contradicting_counts(row), *_contradicting_times(row, window)]


def _contradicting_states(row: Mapping[str, Any]) -> list[str]:
    """What the other fields of a leaf record state against its word that its image was scanned."""
    signs = {
        "not finished": not is_one_of(row.get("Finish"), _FINISHED_VALUES),
        f"its Status is {as_text(row.get('Status'))}": not is_one_of(row.get("Status"), _STATUSES),
        "its Target is another image than its Digest": _names_two_images(row),
    }
    return [sign for sign, is_there in signs.items() if is_there]


def _names_two_images(row: Mapping[str, Any]) -> bool:
    # A shorter Target cannot be compared: older documents of another operation have an id there. One that is as long as
    # a digest names an image, if only a damaged one.
    digest, target = (normalise_digest(value) for value in (_image_info(row).get("Digest"), row.get("Target")))
    is_comparable = bool(digest) and len(target) >= _DIGEST_LENGTH
    return is_comparable and digest != target and not _is_repository(row)


def _contradicting_counts(row: Mapping[str, Any]) -> list[str]:
    stated = {name: row[name] for name in ("FinishCount", "TotalCount") if not is_one_of(row.get(name), NOT_STATED)}
    numbers = {name: _number(value) for name, value in stated.items()}
    signs = [f"its {name} is {as_text(stated[name])}" for name, number in numbers.items() if number is None]
    finished, total = numbers.get("FinishCount"), numbers.get("TotalCount")
    # More finished than there are is no contradiction: the vendor's own sample has it (1.2).
    if not signs and finished is not None and finished < (1 if total is None else total):
        signs.append(f"{finished} finished" if total is None else f"{finished} of {total} finished")
    return signs


def _number(value: object) -> int | None:
    # Leaf records have their counts as strings (2.1).
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else count(value)


def _contradicting_times(row: Mapping[str, Any], window: ScanWindow) -> list[str]:
    names = (*_STARTS, "EndTime")
    stated = {name: row[name] for name in names if not is_one_of(row.get(name), _NO_TIME)}
    times = {name: time for name, value in stated.items() if (time := datetime_from_ms(value))}
    starts, end = [time for name, time in times.items() if name != "EndTime"], times.get("EndTime")
    signs = {
        "it ended before it started": end is not None and any(start > end for start in starts),
        "it ran before the task started": any(map(window.cannot_contain, times.values()))
        or (bool(times) and window.starts_after(max(times.values()))),
    }
    invalid = [f"its {name} is {as_text(value)}" for name, value in stated.items() if name not in times]
    return [*invalid, *(sign for sign, is_there in signs.items() if is_there)]


def _earliest_end(row: Mapping[str, Any], window: ScanWindow) -> datetime | None:
    """The stated end; without one, a start in the future, before which it cannot have ended.

    An end in the future is one of the whole task, which is polled on; see `gate.policy.contradiction`. It is no failure
    of the image: the clock of this machine may be wrong, and corrected at the next poll.
    """
    starts = (datetime_from_ms(row.get(name)) for name in _STARTS)
    ahead = [start for start in starts if start and window.ends_before(start)]
    return datetime_from_ms(row.get("EndTime")) or max(ahead, default=None)


def _is_repository(row: Mapping[str, Any]) -> bool:
    return row.get("TargetType") == "IMAGE_REPO"


def _image_info(row: Mapping[str, Any]) -> Mapping[str, Any]:
    info = row.get("TaskImageInfo")
    return info if isinstance(info, dict) else {}


def _image(row: Mapping[str, Any]) -> ImageRef:
    info = _image_info(row)
    return ImageRef(
        registry=text(info.get("RegistryType")),
        namespace=text(info.get("RepoNamespace")),
        name=text(info.get("RepoName")),
        tag=text(info.get("Tag")),
        digest=record_target(row),
    )
