"""Tells the distribution of one image as ListImageBasicImage does (huawei-images.md 3.3)."""

from collections.abc import Mapping
from typing import Any, Final

from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import PAGES, Check, length, one_of
from gate.simulator.huawei.registries import WORDS
from gate.simulator.huawei.vulnerabilities import row_of

REQUIRED: Final = ("image_type", "namespace", "image_name", "image_version")
CHECKS: Final[Mapping[str, Check]] = {
    **PAGES,
    "image_type": one_of(*(words.image_type for words in WORDS.values()), "cicd"),
    "namespace": length(0, 64),
    "image_name": length(0, 128),
    "image_version": length(0, 64),
    "os_name": length(0, 128),
}


def select(call: Call) -> list[dict[str, Any]]:
    """The base image of a scanned image, if its system was found; none, and no error, for one that is not listed."""
    row = row_of(call, {"image_version": call.query["image_version"]})
    if row is None or row.shown.results is None:
        return []
    name, version = row.shown.image.distribution
    is_wanted = bool(name) and call.query.get("os_name", name) == name
    return [{"os_name": name, "os_version": version, "layer_digest": "sha256:8ac8"}] if is_wanted else []
