"""What `scan-gate doctor` asks of Huawei Cloud: by calls that only read, each of them few times (huawei-hss.md 5)."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from gate.clouds.diagnosis import RegistryReading, ScanQuota
from gate.clouds.endpoint import Endpoint
from gate.clouds.huawei.connect import addresses_of, connect_with
from gate.clouds.huawei.diagnosis.probes import image_probes, task_probes
from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.connect import endpoint_of
from gate.clouds.huawei.images.registries import last_read
from gate.clouds.huawei.instance.choice import check_choice, is_chosen, is_in_instance
from gate.clouds.huawei.selection import Selection
from gate.clouds.huawei.sign_in import sign_in, with_profile
from gate.clouds.regions import place
from gate.clouds.values import count, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gate.clouds.diagnosis import Probe
    from gate.clouds.huawei.api import HuaweiCloud
    from gate.clouds.huawei.connect import Addresses
    from gate.clouds.huawei.lists import Row
    from gate.clouds.interface import Connection, ImageScans, SignIn
    from gate.image import ImageRef
    from gate.scan import ScanScope


class HuaweiDiagnosis:
    """HSS, IAM and SWR of one project; `gate.clouds.interface.Diagnosis` documents its methods."""

    def __init__(self, connection: Connection, addresses: Addresses) -> None:
        self._connection = connection
        self._addresses = addresses
        self._scope = Selection.from_options(connection.settings.for_cloud).scope

    @cached_property
    def sign_in(self) -> SignIn:
        """See `Diagnosis.sign_in`."""
        return sign_in(self._connection)

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """See `Diagnosis.endpoints`; SWR is asked for what tags stand for, and for the own scans of instances."""
        settings, region = self._connection.settings, self._addresses.region.name
        is_by_instance = is_chosen(settings.for_cloud)
        of_swr = [image for image in settings.images if not image.digest or (is_by_instance and is_in_instance(image))]
        swr = {settings.registry_endpoint or endpoint_of(image, region) for image in of_swr}
        of_services = (("HSS", [self._addresses.hss]), ("IAM", [self._addresses.iam]), ("SWR", sorted(swr)))
        return [Endpoint(service=service, url=url) for service, urls in of_services for url in urls if url]

    def connect(self) -> HuaweiCloud:
        """See `Diagnosis.connect`."""
        return self._cloud

    def place(self) -> str:
        """See `Diagnosis.place`."""
        asked = "found by IAM" if self._addresses.iam else "as given"
        where = place(self._addresses.region, self._connection.settings.endpoint)
        named = [f"{name.replace('_', ' ')} {value}" for name, value in self._scope] or ["default enterprise project"]
        return f"{where}, project {self._cloud.hss.project_id} ({asked}), {', '.join(named)}"

    def probes(self, scans: ImageScans | None, lists: frozenset[ScanScope], *, lists_decide: bool) -> Iterable[Probe]:
        """See `Diagnosis.probes`."""
        if scans is None:
            return task_probes(self._cloud.hss, Selection.from_options(self._connection.settings.for_cloud))
        settings = self._connection.settings
        return image_probes(self._cloud.hss, self._scope, settings, scans, lists, lists_decide=lists_decide)

    def scan_quota(self) -> ScanQuota:
        """See `Diagnosis.scan_quota`; each successful scan is billed or one of ten free ones (huawei-images.md 2.3)."""
        document = self._cloud.hss.call("GET", "pay-per-scan/statistics", self._scope)
        left, free = (count(document.get(name)) for name in ("free_quota_num", "image_free_quota"))
        if left is None:
            raise malformed("The response of ShowImagePayPerScanStatistics states no free_quota_num.")
        of = "" if free is None else f" of {free}"
        return ScanQuota(
            left=left, text=f"{left}{of} free scans of this month are left", is_limit=False, counts_known_images=True
        )

    def registry_reading(self, image: ImageRef) -> RegistryReading:
        """See `Diagnosis.registry_reading`."""
        return RegistryReading(at=last_read(image, self._registries))

    @cached_property
    def _registries(self) -> Callable[[Sequence[str]], Sequence[Row]]:
        """Lists registries, of each combination of types once."""
        return cache(ImageCalls(self._cloud.hss, self._scope).registries)

    @cached_property
    def _cloud(self) -> HuaweiCloud:
        return connect_with(self._connection, self._addresses, self.sign_in)


def diagnose(connection: Connection) -> HuaweiDiagnosis:
    """See `CloudProvider.diagnose`."""
    check_choice(connection.settings)
    connection = with_profile(connection)
    return HuaweiDiagnosis(connection, addresses_of(connection))
