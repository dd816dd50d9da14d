"""Translates the rows of HSS's lists of findings into `gate.finding`, and says how each list is asked for.

Every field of a row is optional (huawei-images.md 3.2, 3.4). The content of sensitive information is in none of the
fields that are kept: it is the secret itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds.huawei.severity_words import LEVELS, REPAIRS, SAFE
from gate.clouds.values import as_text, count, is_one_of, text
from gate.finding import Finding
from gate.image import Severity
from gate.scan import ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gate.clouds.huawei.lists import Row

NO_ID = "no-id"
"""The id of a finding that HSS lists without one."""
_CRITICAL_TO_LOW = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}
_SAFE: tuple[object, ...] = (None, "", SAFE)
_NOT_STATED: tuple[object, ...] = (None, "")
_MAX_WORD, _MAX_TEXT = 80, 600
"""Characters of a word of severity, and of any other text; no documented one is longer."""
_MAX_ITEMS = 10_000
"""Failed items of one baseline; of more, the number of the image's row says that they are not all listed."""
_SWR_TYPES = frozenset({"private_image", "shared_image", "instance_image"})


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingList:
    """One of HSS's lists of findings of one image."""

    kind: ScanScope
    what: str
    """Its findings, for a message."""
    path: str
    """After that of the images of a project, with the image's id in it unless that is a parameter."""
    tag_parameter: str
    has_id_parameter: bool = False
    has_instance_parameter: bool = False
    has_handle_status: bool = False
    """Whether it can be asked for what was handled in the console, and for the rest: what it lists otherwise is not
    documented."""
    image_types: frozenset[str]
    """The types of images that it is documented for; for another one it is empty, without an error."""
    fields: tuple[str, ...]
    """Those of a row that are kept."""
    parse: Callable[[Row], list[Finding]]
    """The findings that a row states."""
    count_rows: Callable[[Sequence[Row]], int] = len
    """How many findings these rows are, as the row of the image counts them."""


def kept(of: FindingList, row: Row) -> Row:
    """The fields of a row that matter, in one order."""
    return {name: row[name] for name in of.fields if name in row}


def parsed(of: FindingList, rows: Sequence[Row]) -> list[Finding]:
    """The findings that these rows state."""
    return [finding for row in rows for finding in of.parse(row)]


def _vulnerability(row: Row) -> list[Finding]:
    # `solution` is prose: it is neither the version that fixes it, nor a sign that there is one.
    severity, word = severity_of(row.get("repair_necessity"), REPAIRS)
    finding = Finding(
        id=row_text(row, "vul_id") or NO_ID,
        # Each id takes a call of its own (3.3).
        has_unknown_cves=True,
        package=row_text(row, "app_name"),
        version=row_text(row, "version"),
        severity=severity,
        raw_severity=word,
        kind=ScanScope.VULNERABILITY,
    )
    return [finding]


def _malware(row: Row) -> list[Finding]:
    path, name = row_text(row, "file_path"), row_text(row, "file_name")
    # Whether the path has the name in it is not documented.
    is_whole = not name or f"/{path}".endswith(f"/{name}")
    whole = path if is_whole else "/".join(filter(None, (path.rstrip("/"), name)))
    return [Finding(id=whole or NO_ID, severity=Severity.UNKNOWN, kind=ScanScope.MALICIOUS_FILE)]


def _baseline(row: Row) -> list[Finding]:
    # A baseline that is kept has a row too.
    if count(row.get("failed_rule_num")) == 0 and is_one_of(row.get("severity"), _SAFE):
        return []
    severity, word = severity_of(row.get("severity"), LEVELS)
    # Two standards can have a baseline of the same name.
    id_ = "/".join(filter(None, (row_text(row, name) for name in ("standard", "check_name"))))
    item = Finding(id=id_ or NO_ID, severity=severity, raw_severity=word, kind=ScanScope.BASELINE)
    return [item] * max(1, _failed_items([row]))


def _sensitive(row: Row) -> list[Finding]:
    severity, word = severity_of(row.get("severity"), _CRITICAL_TO_LOW)
    finding = Finding(
        # The id of the row is that of an event, which may be another one after the next scan.
        id=row_text(row, "name") or row_text(row, "sensitive_info_id") or NO_ID,
        package=row_text(row, "file_path"),
        severity=severity,
        raw_severity=word,
        kind=ScanScope.SENSITIVE_INFORMATION,
    )
    return [finding]


def row_text(row: Row, name: str) -> str:
    """A text of a row on one line, and not longer than any that is documented; empty for anything else."""
    return one_line(text(row.get(name)), _MAX_TEXT)


def severity_of(value: object, words: Mapping[str, Severity]) -> tuple[Severity, str]:
    """The severity, and the cloud's word for it; UNKNOWN for any other word, and for none."""
    known = words.get(value, Severity.UNKNOWN) if isinstance(value, str) else Severity.UNKNOWN
    return known, "" if is_one_of(value, _NOT_STATED) else one_line(as_text(value), _MAX_WORD)


def _failed_items(rows: Sequence[Row]) -> int:
    return sum(min(count(row.get("failed_rule_num")) or 0, _MAX_ITEMS) for row in rows)


LISTS = (
    FindingList(
        kind=ScanScope.VULNERABILITY,
        what="vulnerabilities",
        path="{image_id}/vulnerabilities",
        tag_parameter="tag_name",
        has_instance_parameter=True,
        has_handle_status=True,
        image_types=_SWR_TYPES | {"harbor", "jfrog"},
        fields=("vul_id", "repair_necessity", "app_name", "app_path", "version", "position"),
        parse=_vulnerability,
    ),
    FindingList(
        kind=ScanScope.MALICIOUS_FILE,
        what="malicious files",
        path="{image_id}/malwares",
        tag_parameter="tag_name",
        image_types=_SWR_TYPES | {"harbor"},
        fields=("file_name", "file_path", "size"),
        parse=_malware,
    ),
    FindingList(
        kind=ScanScope.BASELINE,
        what="failed items of the baseline",
        path="baseline/risk-configs",
        tag_parameter="image_version",
        has_id_parameter=True,
        has_instance_parameter=True,
        image_types=_SWR_TYPES,
        fields=("check_name", "standard", "check_type", "severity", "failed_rule_num"),
        parse=_baseline,
        count_rows=_failed_items,
    ),
    FindingList(
        kind=ScanScope.SENSITIVE_INFORMATION,
        what="pieces of sensitive information",
        path="{image_id}/sensitive",
        tag_parameter="image_version",
        has_handle_status=True,
        image_types=_SWR_TYPES | {"harbor"},
        fields=("sensitive_info_id", "severity", "name", "position", "file_path", "latest_scan_time"),
        parse=_sensitive,
    ),
)
"""In the order in which they are asked for. There is none of software compliance, which is no risk (3.4)."""
