"""Reads the CVEs of one advisory, which lists of vulnerabilities do not name (huawei-images.md 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.calls import CALLS_PER_MINUTE
from gate.clouds.huawei.images.finding_pages import read_pages
from gate.clouds.huawei.images.finding_rows import NO_ID
from gate.clouds.huawei.lists import Page
from gate.clouds.values import quoted, text
from gate.finding import is_cve

if TYPE_CHECKING:
    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.event_log import EventLog
    from gate.finding import Finding

_MAX_ID = 64
"""Characters of a `vul_id` in the path (3.3)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedCves:
    """The CVEs of one advisory, as far as HSS names them."""

    cves: tuple[str, ...] = ()
    doubt: str = ""
    """Why they may not be all of them, or may be others; empty if they are certain, also if there are none."""


class AdvisoryCves:
    """The CVEs of the advisories of one run; `gate.clouds.interface.CveSource` documents its methods."""

    calls_per_minute = CALLS_PER_MINUTE

    def __init__(self, calls: ImageCalls, event_log: EventLog) -> None:
        self._calls = calls
        self._event_log = event_log

    def cves_of(self, finding: Finding) -> tuple[str, ...] | None:
        """See `CveSource.cves_of`."""
        found = read_cves(finding.id, self._calls)
        if found.doubt:
            self._event_log.warned(f"the CVEs of {finding.id} are not known: {found.doubt}")
            return None
        return found.cves


def read_cves(vul_id: str, calls: ImageCalls) -> ListedCves:
    """Reads the whole list of CVEs of an advisory.

    Its rows do not repeat the id, so that a list of another advisory cannot be told (9).

    Raises:
        GateError: The list could not be read.
    """
    # A path with nothing but dots in it would be another one.
    if vul_id == NO_ID or not vul_id.strip(".") or len(vul_id) > _MAX_ID:
        return ListedCves(doubt="HSS cannot be asked for them by this id")

    def fetch(offset: int) -> Page:
        page = calls.cve_page(vul_id, offset)
        return Page(rows=[{"cve_id": row.get("cve_id")} for row in page.rows], total=page.total)

    listed = read_pages(fetch)
    ids = [row["cve_id"] for row in listed.rows]
    if listed.doubt:
        return ListedCves(doubt=f"the list of them: {listed.doubt}")
    if others := [id_ for id_ in ids if not is_cve(text(id_))]:
        return ListedCves(doubt=f"the list of them has {quoted(others[0])}, which is none")
    if len(set(ids)) < len(ids):
        return ListedCves(doubt="the list of them has one twice, and may lack another one")
    return ListedCves(cves=tuple(ids))
