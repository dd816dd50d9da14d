"""The operations of the own scan of an instance of SWR Enterprise, with the harmless call of each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.diagnosis import Probe
from gate.clouds.huawei.instance.choice import SCOPES, is_in_instance
from gate.image import ImageState
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.interface import ImageScans
    from gate.image import ScannedImage
    from gate.settings import Settings

_NO_SCAN = "no image was scanned by its instance that it could be asked for"


def instance_probes(
    settings: Settings, scans: ImageScans, lists: frozenset[ScanScope], *, lists_decide: bool
) -> Iterator[Probe]:
    """The operations of a run whose images in SWR Enterprise are scanned by their instances; see `Diagnosis.probes`."""
    seen: list[ScannedImage] = []
    images = [image for image in settings.images if is_in_instance(image)]
    image = next((image for image in images if image.digest), images[0])

    def show() -> None:
        found = None if image.digest else scans.resolve(image)
        if digest := image.digest or (found.digest if found else ""):
            seen.extend(scans.look([replace(image, digest=digest)]))

    yield Probe(operation="ShowInstanceArtifact", purpose="finds the result of an image in its instance", call=show)
    if ScanScope.VULNERABILITY in lists:
        scanned = [one for one in seen if one.state is ImageState.SCANNED]
        yield Probe(
            operation="ListInstanceArtifactVulnerabilities",
            purpose="lists vulnerabilities of an image in its instance",
            call=partial(scans.with_findings, scanned, SCOPES) if scanned else None,
            unchecked=_NO_SCAN,
            is_needed=lists_decide,
        )
        yield Probe(
            operation="ShowInstanceNamespace",
            purpose="names what is on the allowlist of an organisation",
            unchecked="is called after a verdict only, which stands without it",
            is_needed=False,
        )
    if settings.scan != "never":
        yield Probe(
            operation="StartManualScanning", purpose="starts a scan, which is billed", unchecked="would start a scan"
        )
