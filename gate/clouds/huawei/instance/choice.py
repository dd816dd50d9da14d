"""Which images are scanned by their instance of SWR Enterprise, and what such a scan cannot be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import ENTERPRISE, registry_types
from gate.clouds.huawei.options import BY_INSTANCE, SCANNER
from gate.errors import UsageError
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gate.image import ImageRef
    from gate.settings import Settings

SCOPES = frozenset({ScanScope.VULNERABILITY})
"""What an instance looks for (huawei-images.md 5)."""


def is_chosen(options: Mapping[str, object]) -> bool:
    """Whether images in SWR Enterprise are scanned by their instance, and not by HSS."""
    return options.get(SCANNER) == BY_INSTANCE


def is_in_instance(image: ImageRef) -> bool:
    """Whether an image is in SWR Enterprise by the host of its registry; a domain of one's own does not tell."""
    return registry_types(image) == ENTERPRISE


def states_critical(options: Mapping[str, object], images: Collection[ImageRef]) -> bool:
    """Whether all of these images are scanned by an instance: HSS has no word for critical (huawei-images.md 7)."""
    return is_chosen(options) and bool(images) and all(map(is_in_instance, images))


def check_choice(settings: Settings) -> None:
    """Checks that the choice has an effect, and that an instance looks for all that the policy requires.

    Raises:
        UsageError: It does not.
    """
    if not is_chosen(settings.for_cloud):
        return
    source = settings.source_of(SCANNER)
    if not settings.images:
        raise UsageError(
            f"No image is named, but {source} is about images.",
            means="Without one, the gate judges a scan task of HSS.",
            remedy="Name the images with --image or --images-from, or remove it.",
        )
    if not any(map(is_in_instance, settings.images)):
        raise UsageError(
            f"No image is in SWR Enterprise, so {source} has no effect.",
            means="The hosts of its instances are like NAME-SUFFIX.swr-pro.myhuaweicloud.com.",
            remedy="Correct the references of the images, or remove it.",
        )
    if more := sorted(settings.policy.required_scopes - SCOPES):
        raise UsageError(
            f"An instance of SWR Enterprise looks for vulnerabilities only, and {', '.join(more)} is required too.",
            means=f"With {source}, such images are scanned by their instance; by default, a scan has to look for more.",
            remedy=f"Give --required-scope vulnerability, which is then all that is judged, or --{SCANNER} hss.",
        )
