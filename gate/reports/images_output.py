"""The output `images`: the images of an outcome as compact JSON, for later steps of a job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gate.reports.images import named_images
from gate.text import for_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.image import ScannedImage
    from gate.outcome import Outcome

MAX_IMAGES_SIZE = 30_000
"""Bytes of the images: a later step may take them as one variable, and Azure has 32,766 for it (ci-hosts.md 4.3)."""
_encode = json.JSONEncoder(separators=(",", ":")).encode


def images_output(outcome: Outcome, max_size: int = MAX_IMAGES_SIZE, clean: Callable[[str], str] = for_log) -> str:
    """The images as an array of objects of at most so many bytes, in ASCII and on one line; empty without a task.

    The most important images are first. Where some are left out, the last object says how many, and nothing else.

    Args:
        outcome: The outcome.
        max_size: Bytes, enough for the number of those left out.
        clean: Makes a text from outside harmless in the place where the outputs go.
    """
    if outcome.task is None:
        return ""
    images = named_images(outcome)
    rows: list[str] = []
    size = len("[")
    for image in images:
        rows.append(_encode(_object(image, clean)))
        size += len(rows[-1]) + len(",")
        if size > max_size:
            break
    else:
        return f"[{','.join(rows)}]"
    longest = _encode({"left_out": len(images)})
    while rows and size + len(longest) + len(",") > max_size:
        size -= len(rows.pop()) + len(",")
    rows.append(_encode({"left_out": len(images) - len(rows)}))
    return f"[{','.join(rows)}]"


def _object(image: ScannedImage, clean: Callable[[str], str]) -> dict[str, object]:
    found: dict[str, object] = {
        "image": clean(str(image.image)),
        "state": image.state,
        "risky": image.is_risky,
        "highest": image.highest,
    }
    return found | ({"moved_to": clean(image.moved_to)} if image.moved_to else {})
