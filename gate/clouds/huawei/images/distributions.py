"""Whether HSS knows the distribution of an image without vulnerabilities: else 0 is no proof (huawei-images.md 2.4).

It explains a verdict. So each request is sent once, and there are no more of them than the quota allows in a minute.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.calls import CALLS_PER_MINUTE
from gate.clouds.huawei.images.rows import chosen_row
from gate.clouds.values import text
from gate.errors import GateError
from gate.image import ImageState
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.finder import RowFinder
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.lists import Row
    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage

_ANY: frozenset[str] = frozenset()
_KNOWN = {
    "centos": frozenset({"7"}),
    "debian": frozenset({"9", "10", "11"}),
    **dict.fromkeys(("euleros", "hce", "kylin", "sles", "suse", "ubuntu", "uniontech", "uos"), _ANY),
}
"""Words in the names of the distributions that could be read (2.4), with their versions; all of them where none is."""
_QUOTA = f"HSS allows {CALLS_PER_MINUTE} calls a minute."
_MAX_NAME = 80


def with_distributions(
    images: Sequence[ScannedImage], finder: RowFinder, calls: ImageCalls, event_log: EventLog
) -> tuple[ScannedImage, ...]:
    """The same images; one without vulnerabilities has a warning if HSS may not know its distribution.

    So many images as a minute allows are looked up, the first ones.
    """
    empty = [one for one in images if one.state is ImageState.SCANNED and one.kinds.get(ScanScope.VULNERABILITY) == 0]
    found: dict[ImageRef, str] = {}
    why = _QUOTA if len(empty) > CALLS_PER_MINUTE else "HSS does not say how to ask for it."
    try:
        for image in empty[:CALLS_PER_MINUTE]:
            if row := _row_of(image, finder):
                found[image.image] = _warning(calls.base_images(row.raw).rows)
    except GateError as error:
        why = error.happened
    _log(found, len(empty), why, event_log)
    return tuple(replace(one, warning=found.get(one.image, "")) for one in images)


def _log(found: dict[ImageRef, str], total: int, why: str, event_log: EventLog) -> None:
    if missing := total - len(found):
        event_log.warned(f"The distribution of {missing} of {total} images without vulnerabilities is not known: {why}")
    for image, warning in found.items():
        if warning:
            event_log.warned(f"{one_line(str(image))}: {warning}.")


def _row_of(image: ScannedImage, finder: RowFinder) -> ImageRow | None:
    rows = [row for row in finder.rows_of(image.image).with_digest if text(row.raw.get("image_id"))]
    return chosen_row(image.image, rows) if rows else None


def _warning(rows: Sequence[Row]) -> str:
    """Why 0 vulnerabilities are no proof, by what HSS says of the base image; empty if it knows the distribution."""
    names = [(text(row.get("os_name")).strip(), text(row.get("os_version")).strip()) for row in rows]
    named = [(name, version) for name, version in names if name]
    if any(_is_known(name, version) for name, version in named):
        return ""
    stated = one_line(", ".join(dict.fromkeys(f"{name} {version}".strip() for name, version in named)), _MAX_NAME)
    what = f"of {stated} that is not documented" if stated else "and names none in this image"
    return f"HSS knows the vulnerabilities of certain distributions, {what}, so 0 found may say nothing"


def _is_known(name: str, version: str) -> bool:
    words = re.findall("[a-z]+", name.casefold())
    number = re.search("[0-9]+", f"{version} {name}")
    versions = [_KNOWN[word] for word in words if word in _KNOWN]
    return any(known == _ANY or (number and number[0] in known) for known in versions)
