"""Which registries have to be synchronised for images that HSS does not list (huawei-images.md 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import BASIC, ENTERPRISE, EVERY_TYPE, host_of, registry_types
from gate.clouds.values import datetime_from_ms, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.lists import Row
    from gate.event_log import EventLog
    from gate.image import ImageRef

_Registry = tuple[str, str]
"""Id and type."""


def synchronise(images: Mapping[ImageRef, Iterable[ImageRow]], calls: ImageCalls, event_log: EventLog) -> None:
    """Has HSS read the registries of these images again; see `registries_of` for the arguments."""
    what = "1 image" if len(images) == 1 else f"{len(images)} images"
    event_log.acted(f"asking HSS to read the registry again: it does not list {what}")
    calls.synchronise(registries_of(images, calls))


def registries_of(images: Mapping[ImageRef, Iterable[ImageRow]], calls: ImageCalls) -> list[dict[str, str]]:
    """The registries of these images, as a synchronisation takes them; none if that of an image is not known.

    Args:
        images: The images, with the rows of their tags, which have other digests.
        calls: Lists the registries, if the rows do not name all of them.
    """
    found: set[_Registry] = set()
    unseen: list[ImageRef] = []
    for image, rows in images.items():
        # One of the same name in a registry of another type, such as Harbor, says nothing of SWR.
        possible = [row.raw for row in rows if row.registry_type in _types(image)]
        named = {_registry(row, "registry_id") for row in possible} - {("", "")}
        found |= named
        unseen += [] if named else [image]
    if unseen:
        listed = calls.registries(sorted({type_ for image in unseen for type_ in _types(image)}))
        for image in unseen:
            own = _among(listed, image)
            if not own:
                return []
            found |= own
    return [{"registry_id": id_, "registry_type": type_} for id_, type_ in sorted(found)]


def last_read(image: ImageRef, registries: Callable[[Sequence[str]], Sequence[Row]]) -> datetime | None:
    """When HSS has read all registries that this image can be in; None if it does not say so of each.

    Args:
        image: The image.
        registries: Lists the registries of these types, which are in a tuple.
    """
    listed = registries(tuple(sorted(_types(image))))
    own = _among(listed, image)
    times = [datetime_from_ms(row.get("latest_sync_time")) for row in listed if _registry(row, "id") in own]
    return min((time for time in times if time), default=None) if all(times) else None


def _types(image: ImageRef) -> Sequence[str]:
    return registry_types(image) if image.registry else BASIC


def _among(listed: Iterable[Row], image: ImageRef) -> set[_Registry]:
    """The registries of this list that an image can be in: those with its host, or for SWR those of its edition."""
    types, host = _types(image), host_of(image.registry)
    possible = [row for row in listed if row.get("registry_type") in types]
    by_host = [row for row in possible if host and host_of(text(row.get("registry_addr"))) == host]
    is_swr = types in {BASIC, ENTERPRISE}
    return {_registry(row, "id") for row in by_host or (possible if is_swr else ())} - {("", "")}


def _registry(row: Row, id_field: str) -> _Registry:
    id_, type_ = text(row.get(id_field)), text(row.get("registry_type"))
    return (id_, type_) if id_ and type_ in EVERY_TYPE else ("", "")
