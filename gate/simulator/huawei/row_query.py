"""Validates the parameters of ListRegistryImages, and filters its rows by them (huawei-images.md 1.2)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from gate.simulator.huawei.checks import (
    ENTERPRISE_PROJECT,
    MAX_INT,
    MAX_LONG,
    OFFSET,
    Check,
    between,
    boolean,
    is_in_enterprise_project,
    length,
    one_of,
)
from gate.simulator.huawei.registries import WORDS, Registry
from gate.simulator.huawei.rows import Row, milliseconds

NAME: Final = length(1, 128)
INSTANCE: Final = length(0, 128)
WINDOWS: Final = ("latest_update_time", "latest_scan_time", "latest_sync_time")
CHECKS: Final[Mapping[str, Check]] = {
    "enterprise_project_id": ENTERPRISE_PROJECT,
    "namespace": NAME,
    "image_name": NAME,
    "image_version": length(1, 64),
    "registry_name": NAME,
    "offset": OFFSET,
    "limit": between(1, 200),
    "image_type": one_of(*(words.image_type for words in WORDS.values())),
    "sort_key": one_of("latest_scan_time"),
    "sort_dir": one_of("asc", "desc"),
    "latest_version": boolean,
    "image_size": between(0, MAX_INT - 100),
    "scan_status": one_of("unscan", "success", "scanning", "failed", "waiting_for_scan"),
    **{f"{end}_{name}": between(0, MAX_LONG) for name in WINDOWS for end in ("start", "end")},
    "has_malicious_file": boolean,
    "has_unsafe_setting": boolean,
    "has_vul": boolean,
    "risky": boolean,
    "instance_id": INSTANCE,
    "instance_name": INSTANCE,
    "is_multarch": boolean,
    "severity_level": one_of("Security", "Low", "Medium", "High"),
}

Filter: TypeAlias = Callable[[str, Row], bool]


def window_error(query: Mapping[str, str]) -> str | None:
    """The error for a window of time that ends before it starts, or None."""
    for name in WINDOWS:
        start, end = query.get(f"start_{name}"), query.get(f"end_{name}")
        if start is not None and end is not None and int(start) > int(end):
            return f"Invalid parameter: start_{name}={start}"
    return None


def select(query: Mapping[str, str], rows: Sequence[Row], at: float, *, is_fuzzy: bool) -> list[Row]:
    """The rows that match every parameter of a valid query, in the requested order if there is one."""
    filters = [(FILTERS[name], value) for name, value in query.items() if name in FILTERS]
    names = {name: value for name, value in query.items() if name in NAMES}
    found = [
        row
        for row in rows
        if all(matches(value, row) for matches, value in filters)
        and all(_has_name(row, name, value, is_fuzzy=is_fuzzy) for name, value in names.items())
        and all(_is_in_window(row, name, query, at) for name in WINDOWS)
    ]
    if "sort_key" in query:
        found.sort(key=lambda row: row.shown.scanned or 0.0, reverse=query.get("sort_dir") == "desc")
    return found


def _has_name(row: Row, name: str, value: str, *, is_fuzzy: bool) -> bool:
    shown = row.document[name]
    return value in shown if is_fuzzy else value == shown


def _is_in_window(row: Row, name: str, query: Mapping[str, str], at: float) -> bool:
    """Whether a time is in a window, with its two ends; without an end, the window ends now."""
    if f"start_{name}" not in query and f"end_{name}" not in query:
        return True
    start, end = int(query.get(f"start_{name}", 0)), int(query.get(f"end_{name}", milliseconds(at) or 0))
    return name in row.document and start <= row.document[name] <= end


def _flag(of_row: Callable[[Row], bool]) -> Filter:
    return lambda value, row: (value.lower() == "true") == of_row(row)


def _equals(name: str) -> Filter:
    return lambda value, row: row.document.get(name) == value


NAMES: Final = ("namespace", "image_name", "image_version", "registry_name")
"""The filters of which no document says whether they also find parts of a name."""
FILTERS: Final[Mapping[str, Filter]] = {
    "enterprise_project_id": lambda value, row: is_in_enterprise_project(value, row.shown.image.enterprise_project),
    "image_type": _equals("image_type"),
    # Only the newest versions, or all.
    "latest_version": lambda value, row: value.lower() == "false" or row.document["latest_version"],
    "image_size": lambda value, row: row.document["image_size"] == int(value),
    "scan_status": _equals("scan_status"),
    "has_malicious_file": _flag(lambda row: row.findings.malicious_files.total > 0),
    "has_unsafe_setting": _flag(lambda row: row.findings.baseline.total > 0),
    "has_vul": _flag(lambda row: row.document["vul_num"] > 0),
    "risky": _flag(lambda row: row.findings.is_risky),
    "instance_id": lambda value, row: _is_of_instance(row, "instance_id", value),
    "instance_name": lambda value, row: _is_of_instance(row, "instance_name", value),
    "is_multarch": _flag(lambda row: row.shown.image.is_index),
    "severity_level": _equals("severity_level"),
}


def _is_of_instance(row: Row, name: str, value: str) -> bool:
    # They apply to images of SWR Enterprise only.
    return Registry.of(row.shown.image).kind != "enterprise" or row.document[name] == value
