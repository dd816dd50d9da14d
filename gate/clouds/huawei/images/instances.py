"""Finds instances of SWR Enterprise: no document has the form of their addresses, so HSS's rows tell which is which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import ENTERPRISE, host_of
from gate.clouds.huawei.images.names import namespace_and_name
from gate.clouds.values import text

if TYPE_CHECKING:
    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.image import ImageRef

_OF_INSTANCE = ("image_type", "instance_image")


class Instances:
    """The instances of one run, by the hosts of their images."""

    def __init__(self, calls: ImageCalls) -> None:
        self._calls = calls
        self._found: dict[str, str] = {}
        """Their ids, by host."""
        self._not_found: set[tuple[str, str]] = set()
        """The hosts and organisations of images whose instance HSS does not tell."""

    def look_again(self) -> None:
        """Has HSS asked again for instances that it did not tell: it may list their images by now."""
        self._not_found.clear()

    def id_of(self, image: ImageRef) -> str | None:
        """The id of the instance with the host of this image, by the images that HSS lists in its organisation.

        None if HSS lists no image of such an instance, or the images of several instances. HSS is asked once for each
        organisation until `look_again`.
        """
        host, (namespace, _) = host_of(image.registry), namespace_and_name(image)
        if host not in self._found and (host, namespace) not in self._not_found:
            rows = self._calls.image_rows(
                (("namespace", namespace), _OF_INSTANCE),
                lambda row: row.get("registry_type") in ENTERPRISE and host_of(text(row.get("instance_url"))) == host,
            )
            ids = {id_ for row in rows if (id_ := text(row.get("instance_id")))}
            if len(ids) == 1:
                self._found[host] = ids.pop()
            else:
                self._not_found.add((host, namespace))
        return self._found.get(host)
