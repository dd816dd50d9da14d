"""Reads the images that PublicSyncAndCreateImageScanTask is to import (alibaba-images.md 1.1)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gate.simulator.alibaba import catalog
from gate.simulator.cloud import CloudState
from gate.simulator.image import PushedImage
from gate.simulator.unverified import Unverified

TEXTS: Final = frozenset(
    {"registryType", "repoId", "instanceId", "repoNamespace", "regionId", "repoName", "digest", "tag"}
)
TIMES: Final = frozenset({"createTime", "updateTime"})
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestedImage:
    """One image, by its digest without the algorithm, and by the names of its registry."""

    digest: str
    names: dict[str, str]


def parse(text: str, unverified: Unverified) -> list[RequestedImage] | None:
    """The images of a request; None if they are not of the form of the sample."""
    try:
        entries = json.loads(text)
    except ValueError:
        return None
    if not isinstance(entries, list) or not entries:
        return None
    images = [_image(entry, unverified) for entry in entries]
    found = [image for image in images if image is not None]
    return found if len(found) == len(images) else None


def find(requested: Sequence[RequestedImage], state: CloudState) -> list[PushedImage]:
    """The images that their registries have, each once.

    What Security Center does if a registry is on the other plane is not verified: here it does not find the image.
    """
    account, at = state.account, state.at
    tags = [push.image for push in account.tags(at).values()]
    pushed = [one.image for one in account.pushed(at)] if account.unverified.imports_old_digests else tags
    there = [image for one in pushed if not one.on_other_plane for image in (one, *one.platform_images)]
    found = [next((image for image in there if _is_same(one, image)), None) for one in requested]
    return [*dict.fromkeys(image for image in found if image is not None)]


def _image(entry: Any, unverified: Unverified) -> RequestedImage | None:
    if not isinstance(entry, dict):
        return None
    members = {_lower_camel(name) if unverified.other_image_forms else name: value for name, value in entry.items()}
    texts = {name: members[name] for name in TEXTS & members.keys() if isinstance(members[name], str) and members[name]}
    times = {name for name in TIMES & members.keys() if type(members[name]) is int and members[name] > 0}
    if unverified.other_image_forms:
        texts["digest"] = catalog.bare(texts.get("digest", ""))
    elif texts.keys() | times != TEXTS | TIMES:
        return None
    return RequestedImage(digest=texts["digest"], names=texts) if DIGEST.fullmatch(texts["digest"]) else None


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _is_same(requested: RequestedImage, image: PushedImage) -> bool:
    place, ids = catalog.instance(image), catalog.registry_ids(image)
    if place is None or requested.digest != catalog.bare(image.digest):
        return False
    names = {
        "registryType": catalog.registry_type(image),
        "repoId": ids.repo_id,
        "instanceId": ids.instance_id,
        "repoNamespace": image.namespace,
        "regionId": place.region,
        "repoName": image.name,
        "digest": requested.digest,
        "tag": image.tag,
    }
    return requested.names.items() <= names.items()
