"""The calls to HSS about the images of registries: lists of images and registries, synchronisations and scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.lists import Page, RowKind, parse_page, read_overlapping
from gate.clouds.pagination import read_consistently
from gate.clouds.values import memory_of, percent_encoded, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gate.clouds.huawei.hss import Hss
    from gate.clouds.huawei.lists import Row
    from gate.clouds.huawei.selection import Filters

PAGE_SIZE = 200
"""The largest page of all lists (huawei-images.md 1.1, 1.2, 3)."""
_IMAGES = RowKind(one="registry image", many="registry images", id_field="id")
_REGISTRIES = RowKind(one="registry", many="registries", id_field="id")
_FINDINGS = RowKind(one="finding", many="findings", id_field="")
_VULNERABILITIES = RowKind(one="vulnerability", many="vulnerabilities", id_field="")
"""They have no id of their own: one may have a row for each package (3.2)."""
_CVES = RowKind(one="CVE", many="CVEs", id_field="")
_BASE_IMAGES = RowKind(one="base image", many="base images", id_field="")
_WHITELISTED = RowKind(one="vulnerability on a whitelist", many="vulnerabilities on a whitelist", id_field="id")
_MAX_ROWS = 2_000_000
"""The largest offset (1.2)."""
_EVERY_SCOPE = 0x7FFFFFFF
"""All kinds of findings (huawei-hss.md 1)."""
WHITELISTS = (("global_image_type", "registry"), ("type", "vulnerability"))
"""The filters of ListImageWhiteLists: for vulnerabilities in registry images (3.2)."""
CALLS_PER_MINUTE = 5
"""The quota of each operation (huawei-hss.md 5)."""


class ListTooLong(Exception):
    """Raised by the first page of a list that has more pages than the caller wants to read."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


class ImageCalls:
    """The operations of HSS about the images of one project, or of one enterprise project in it."""

    def __init__(self, hss: Hss, scope: Filters) -> None:
        self._hss = hss
        self._scope = scope
        self.row_calls = 0
        """How many pages of images were asked for so far."""

    def image_rows(
        self, filters: Filters, is_needed: Callable[[Row], bool], *, max_pages: int | None = None
    ) -> list[Row]:
        """Reads the rows of ListRegistryImages that these filters find, and keeps those that are needed.

        Raises:
            ListTooLong: There are more pages than this.
        """

        def fetch(offset: int) -> Page:
            self.row_calls += 1
            page = self._fetch("registries/images", filters, offset, _IMAGES)
            pages = pages_of(page.total or 0)
            if max_pages is not None and pages > max_pages:
                raise ListTooLong(pages)
            rows = [row if is_needed(row) else {_IMAGES.id_field: row.get(_IMAGES.id_field)} for row in page.rows]
            return Page(rows=rows, total=page.total)

        return [row for row in self._read(fetch, _IMAGES) if is_needed(row)]

    def first_image_rows(self, filters: Filters, *, max_pages: int, bytes_kept: int) -> list[Row]:
        """Reads the first pages of the same list once, without retries, for what explains and decides nothing."""
        rows: list[Row] = []
        for number in range(max_pages):
            offset, memory = number * PAGE_SIZE, bytes_kept + sum(map(memory_of, rows))
            page = self._fetch("registries/images", filters, offset, _IMAGES, is_retried=False, bytes_kept=memory)
            rows += page.rows
            if offset + PAGE_SIZE >= (page.total or 0):
                break
        return rows

    def vulnerabilities(self, row: Row, *, offset: int) -> Page:
        """Reads one page of ListImageVulnerabilities once, without retries: of those that nobody has handled."""
        query = (*image_names(row, tag="tag_name", instance_id="instance_id"), ("handle_status", "unhandled"))
        return self._fetch(_path(row, "vulnerabilities"), query, offset, _VULNERABILITIES, is_retried=False)

    def base_images(self, row: Row) -> Page:
        """Reads ListImageBasicImage once, without retries: the distribution of an image, as HSS sees it."""
        return self._fetch(
            _path(row, "basic-image"), image_names(row, tag="image_version"), 0, _BASE_IMAGES, is_retried=False
        )

    def whitelists(self) -> Page:
        """Reads the first page of ListImageWhiteLists once, without retries: of vulnerabilities in registry images."""
        return self._fetch("whitelists", WHITELISTS, 0, _WHITELISTED, is_retried=False)

    def registries(self, types: Sequence[str]) -> list[Row]:
        """Reads ListRegistry for registries of these types."""
        filters = (("registry_type", ",".join(types)),)
        return self._read(lambda offset: self._fetch("registries", filters, offset, _REGISTRIES), _REGISTRIES)

    def finding_page(self, path: str, filters: Filters, offset: int) -> Page:
        """Reads one page of a list of findings, whose rows have no ids."""
        return self._fetch(path, filters, offset, _FINDINGS)

    def cve_page(self, vul_id: str, offset: int) -> Page:
        """Reads one page of ListVulnerabilityCve: the CVEs of an advisory."""
        return self._fetch(f"vulnerability/{percent_encoded(vul_id)}/cve", (), offset, _CVES)

    def synchronise(self, registries: Sequence[Mapping[str, str]]) -> None:
        """Asks for a synchronisation of these registries, or of all if there are none."""
        body = {"sync_all_registries": not registries, **({"registry_info": [*registries]} if registries else {})}
        self._hss.call("POST", "image-sync/tasks", self._scope, body=body, may_be_empty=True)

    def start_scan(self, images: Sequence[Mapping[str, object]]) -> None:
        """Starts one scan of these images, which must be at least one: without any, it may be one of all images.

        Raises:
            TransientError: It may have been started all the same.
        """
        if not images:
            raise ValueError("a scan needs an image")
        body = {"scan_scope": _EVERY_SCOPE, "is_all": False, "image_info": [*images]}
        query = (("global_image_type", "registry"), *self._scope)
        self._hss.call("POST", "image-scan/tasks", query, body=body, may_be_empty=True, is_repeatable=False)

    def stop_scan(self, task_id: str) -> None:
        """Stops a scan task."""
        self._hss.call("PUT", f"image-scan/tasks/{percent_encoded(task_id)}/stop", self._scope, may_be_empty=True)

    def _fetch(self, path: str, filters: Filters, offset: int, kind: RowKind, **attributes: Any) -> Page:
        query = (*self._scope, *filters, ("limit", str(PAGE_SIZE)), ("offset", str(offset)))
        return parse_page(self._hss.call("GET", path, query, **attributes), kind)

    def _read(self, fetch: Callable[[int], Page], kind: RowKind) -> list[Row]:
        return read_consistently(
            lambda: read_overlapping(fetch, kind, page_size=PAGE_SIZE, max_rows=_MAX_ROWS, trusts_total=True),
            what=kind.many,
            remedy="judge fewer images at once",
        )


def _path(row: Row, what: str) -> str:
    return f"{percent_encoded(text(row.get('image_id')))}/{what}"


def image_names(row: Row, *, tag: str, **more: str) -> Filters:
    """The parameters by which operations about one image name it (7), as far as its row has values for them.

    Args:
        row: That of the image.
        tag: How the parameter for the tag is called.
        more: The fields of the row for further parameters, by the name of the parameter.
    """
    names = {"image_type": "image_type", "namespace": "namespace", "image_name": "image_name", tag: "image_version"}
    values = ((name, text(row.get(field))) for name, field in (names | more).items())
    return tuple((name, value) for name, value in values if value)


def pages_of(total: int) -> int:
    """How many pages a list of this length has, each of which starts with the last row of the one before."""
    return 1 + max(0, -(-(total - PAGE_SIZE) // (PAGE_SIZE - 1)))
