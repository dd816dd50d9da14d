"""The operations of Huawei Cloud that a run may call, with the harmless call of each (docs/images.md, "Permissions").

Lists are asked for with their shortest page, of ten rows (huawei-hss.md 1, huawei-images.md 1.1).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.diagnosis import Probe
from gate.clouds.huawei.diagnosis.instance_probes import instance_probes
from gate.clouds.huawei.images.calls import WHITELISTS, image_names
from gate.clouds.huawei.images.editions import ENTERPRISE, registry_types
from gate.clouds.huawei.images.finding_rows import LISTS
from gate.clouds.huawei.images.findings import key_of
from gate.clouds.huawei.images.rows import parse_row
from gate.clouds.huawei.instance.choice import is_chosen, is_in_instance
from gate.clouds.huawei.lists import RowKind, parse_page
from gate.clouds.huawei.selection import IMAGE_SCAN
from gate.clouds.values import percent_encoded, text
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gate.clouds.huawei.hss import Hss
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.lists import Row
    from gate.clouds.huawei.selection import Filters, Selection
    from gate.clouds.interface import ImageScans
    from gate.settings import Settings

_PAGE = (("limit", "10"), ("offset", "0"))
_IMAGES = RowKind(one="registry image", many="registry images", id_field="id")
_NO_IMAGE = "no image is listed that it could be asked for"
_OPERATIONS = {
    ScanScope.VULNERABILITY: "ListImageVulnerabilities",
    ScanScope.MALICIOUS_FILE: "ListImageMalware",
    ScanScope.BASELINE: "ListImageRiskConfigs",
    ScanScope.SENSITIVE_INFORMATION: "ListImageSensitive",
}


def task_probes(hss: Hss, selection: Selection) -> Iterator[Probe]:
    """The operations of a run that judges a scan task; IAM is asked for the project before."""
    yield _tasks(hss, selection.list_type, selection.scope, "finds and follows the scan task")
    yield Probe(
        operation="ListRegistryImages",
        purpose="names risky images after the verdict",
        call=partial(_list, hss, "registries/images", selection.scope),
        is_needed=False,
    )


def image_probes(
    hss: Hss,
    scope: Filters,
    settings: Settings,
    scans: ImageScans,
    lists: frozenset[ScanScope],
    *,
    lists_decide: bool,
) -> Iterator[Probe]:
    """The operations of a run that judges images; see `Diagnosis.probes`."""
    listed: list[Row] = []

    def list_images() -> None:
        listed[:] = parse_page(_list(hss, "registries/images", scope), _IMAGES).rows

    by_instance = [image for image in settings.images if is_in_instance(image) and is_chosen(settings.for_cloud)]
    has_others = len(by_instance) < len(settings.images)
    purpose = "finds the images and their results" if has_others else "finds the instances of the images"
    yield Probe(operation="ListRegistryImages", purpose=purpose, call=list_images)
    if has_others:
        yield _tasks(hss, IMAGE_SCAN, scope, "says what a scan has looked for")
    yield from _listing_probes(hss, scope)
    yield from _tag_probes(settings, scans)
    if has_others:
        listing = _Listing(hss)
        yield from _finding_probes(listing, _row_of_one(listed), lists, scope, lists_decide=lists_decide)
        yield from _cves(listing, scope) if settings.policy.findings.waives_cves else ()
        yield from _starting(settings)
    if by_instance:
        yield from instance_probes(settings, scans, lists, lists_decide=lists_decide)


class _Listing:
    """Lists what was found in one image, and keeps the id of the first vulnerability."""

    def __init__(self, hss: Hss) -> None:
        self._hss = hss
        self.vul_id = ""

    def __call__(self, path: str, query: Filters) -> None:
        rows = _list(self._hss, path, query).get("data_list")
        ids = [text(row.get("vul_id")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        self.vul_id = self.vul_id or next(filter(None, ids), "")


def _row_of_one(listed: Sequence[Row]) -> ImageRow | None:
    """An image that can be asked about: one with vulnerabilities, if there is one, since those have CVEs."""
    rows = [row for row in map(parse_row, listed) if text(row.raw.get("image_id"))]
    return next((row for row in rows if row.kinds.get(ScanScope.VULNERABILITY)), next(iter(rows), None))


def _tasks(hss: Hss, list_type: str, scope: Filters, purpose: str) -> Probe:
    call = partial(_list, hss, "tasks", (("type", list_type), *scope))
    return Probe(operation="ListImageScanTask", purpose=purpose, call=call)


def _list(hss: Hss, path: str, query: Filters) -> dict[str, object]:
    return hss.call("GET", path, (*query, *_PAGE))


def _listing_probes(hss: Hss, scope: Filters) -> Iterator[Probe]:
    yield Probe(
        operation="ListRegistry",
        purpose="finds the registry of an image that is not listed yet",
        call=partial(_list, hss, "registries", scope),
        is_needed=False,
    )
    yield Probe(
        operation="CreateImageSynchronizeTask",
        purpose="lets a run find an image that is not listed yet",
        unchecked="would have a registry read again",
    )


def _tag_probes(settings: Settings, scans: ImageScans) -> Iterator[Probe]:
    """The lookup of one tag in each edition of SWR; those of all tags are looked up later."""
    tags = {registry_types(image) == ENTERPRISE: image for image in settings.images if not image.digest}
    for is_enterprise, image in tags.items():
        operation = "ListInstanceArtifacts" if is_enterprise else "ShowRepoTag"
        yield Probe(operation=operation, purpose="looks up a tag", call=partial(scans.resolve, image))


def _finding_probes(
    list_: Callable[[str, Filters], object],
    row: ImageRow | None,
    lists: frozenset[ScanScope],
    scope: Filters,
    *,
    lists_decide: bool,
) -> Iterator[Probe]:
    """The lists of what was found in one image, whichever it is."""
    for of in LISTS:
        is_listed = of.kind in lists
        # Vulnerabilities are listed after each verdict about a risky image too.
        if is_listed or of.kind is ScanScope.VULNERABILITY:
            path = of.path.format(image_id=_id(row)) if row else ""
            yield Probe(
                operation=_OPERATIONS[of.kind],
                purpose=f"lists {of.what} of an image",
                call=partial(list_, path, (*scope, *key_of(of, row))) if row else None,
                unchecked=_NO_IMAGE,
                is_needed=is_listed and lists_decide,
            )
    yield Probe(
        operation="ListImageBasicImage",
        purpose="names the distribution of an image",
        call=partial(list_, f"{_id(row)}/basic-image", (*scope, *image_names(row.raw, tag="image_version")))
        if row
        else None,
        unchecked=_NO_IMAGE,
        is_needed=False,
    )
    yield from _whitelists(list_, scope) if lists else ()


def _whitelists(list_: Callable[[str, Filters], object], scope: Filters) -> Iterator[Probe]:
    yield Probe(
        operation="ListImageWhiteLists",
        purpose="names what was put on a whitelist in the console",
        call=partial(list_, "whitelists", (*scope, *WHITELISTS)),
        is_needed=False,
    )


def _cves(listing: _Listing, scope: Filters) -> Iterator[Probe]:
    """The CVEs of one vulnerability; a finding whose CVEs are not known stays open."""
    path = f"vulnerability/{percent_encoded(listing.vul_id)}/cve"
    yield Probe(
        operation="ListVulnerabilityCve",
        purpose="names the CVEs of a vulnerability, for waivers of CVEs",
        call=partial(listing, path, scope) if listing.vul_id else None,
        unchecked="no vulnerability is listed that it could be asked for",
        is_needed=False,
    )


def _starting(settings: Settings) -> Iterator[Probe]:
    if settings.scan == "never":
        return
    yield Probe(
        operation="CreateManualImageScanTask", purpose="starts a scan, which is billed", unchecked="would start a scan"
    )
    yield Probe(
        operation="StopImageScanTask",
        purpose="stops the scan if the run ends before it",
        unchecked="would stop a scan",
        is_needed=False,
    )


def _id(row: ImageRow) -> str:
    return percent_encoded(text(row.raw.get("image_id")))
