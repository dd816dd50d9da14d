"""What `scan-gate doctor` asks of Alibaba Cloud: by calls that only read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gate.clouds.alibaba.connect import addresses_of, connect_with
from gate.clouds.alibaba.diagnosis.probes import image_probes, task_probes
from gate.clouds.alibaba.images.connect import endpoint_of
from gate.clouds.alibaba.selection import Selection
from gate.clouds.alibaba.sign_in import sign_in
from gate.clouds.diagnosis import ScanQuota
from gate.clouds.endpoint import Endpoint
from gate.clouds.regions import place
from gate.clouds.values import count, malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.clouds.alibaba.api import AlibabaCloud
    from gate.clouds.alibaba.connect import Addresses
    from gate.clouds.diagnosis import Probe, RegistryReading
    from gate.clouds.interface import Connection, ImageScans, SignIn
    from gate.image import ImageRef
    from gate.scan import ScanScope


class AlibabaDiagnosis:
    """Security Center and Container Registry of one account; see `gate.clouds.interface.Diagnosis`."""

    def __init__(self, connection: Connection, addresses: Addresses) -> None:
        self._connection = connection
        self._addresses = addresses

    @cached_property
    def sign_in(self) -> SignIn:
        """See `Diagnosis.sign_in`."""
        return sign_in(self._connection)

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """See `Diagnosis.endpoints`; Container Registry is asked only for what tags stand for."""
        settings, region = self._connection.settings, self._addresses.region.name
        tags = [image for image in settings.images if not image.digest]
        registries = {settings.registry_endpoint or endpoint_of(image, region) for image in tags}
        return [
            Endpoint(service="Security Center", url=self._addresses.sas),
            *(Endpoint(service="Container Registry", url=url) for url in sorted(registries)),
        ]

    def connect(self) -> AlibabaCloud:
        """See `Diagnosis.connect`."""
        return self._cloud

    def place(self) -> str:
        """See `Diagnosis.place`; an account has no projects."""
        return place(self._addresses.region, self._connection.settings.endpoint)

    def probes(self, scans: ImageScans | None, lists: frozenset[ScanScope], *, lists_decide: bool) -> Iterable[Probe]:
        """See `Diagnosis.probes`."""
        settings = self._connection.settings
        if scans is None:
            return task_probes(self._cloud, Selection.from_options(settings.for_cloud))
        return image_probes(self._cloud.sas, settings, scans, lists, lists_decide=lists_decide)

    def scan_quota(self) -> ScanQuota:
        """See `Diagnosis.scan_quota`; an image counts once in a cycle of a month (alibaba-images.md 1.3)."""
        stated = self._cloud.sas.call("DescribeImageScanAuthCount", {}).get("ImageScan")
        names = ("ImageScanCapacity", "ScanCount")
        capacity, used = (count(stated.get(name)) if isinstance(stated, dict) else None for name in names)
        if capacity is None or used is None:
            raise malformed("The response of DescribeImageScanAuthCount states no ImageScanCapacity and ScanCount.")
        return ScanQuota(
            left=max(0, capacity - used),
            text=f"{used} of {capacity} images were scanned in this cycle",
            is_limit=True,
            counts_known_images=False,
        )

    def registry_reading(self, image: ImageRef) -> RegistryReading | None:  # noqa: ARG002 - for clouds that read some
        """None: a scan imports what it is about (alibaba-images.md 1.1)."""
        return None

    @cached_property
    def _cloud(self) -> AlibabaCloud:
        return connect_with(self._connection, self._addresses, self.sign_in)


def diagnose(connection: Connection) -> AlibabaDiagnosis:
    """See `CloudProvider.diagnose`."""
    return AlibabaDiagnosis(connection, addresses_of(connection))
