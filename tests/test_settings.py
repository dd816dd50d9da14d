"""Parsing option values: durations, times, numbers, addresses, files."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy import Policy
from gate.settings import (
    ReportTarget,
    Settings,
    age,
    base_url,
    ca_bundle,
    duration,
    gate_name,
    is_loopback,
    moment,
    of_form,
    pause,
    report_target,
    scan_scopes,
    task_id,
    whole_number,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1.5m", 90),
        ("2h", 7200),
        ("1d", 86400),
        ("45", 45),
        ("0", 0),
        (".5h", 1800),
        ("2.", 2),
        (" 30 s ", 30),
        ("0.25", 0.25),
        ("3650d", 315_360_000),
    ],
)
def test_a_duration_has_a_unit_or_is_seconds(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "-1", "1h30m", "1e3", "nan", "inf", "1,5m", "٣m", "3650.01d", "99999d", "1 0s", "5 minutes", "."]
)
def test_another_text_is_not_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 90s"):
        duration(text)


def test_a_pause_has_a_minimum() -> None:
    assert pause("0.05") == 0.05
    with pytest.raises(ValueError, match="is too short"):
        pause("0.04")


def test_scopes_are_names_separated_by_commas() -> None:
    assert scan_scopes("vulnerability") == {"vulnerability"}
    assert scan_scopes(" baseline , malicious-file,baseline") == {"baseline", "malicious-file"}


@pytest.mark.parametrize(("text", "unknown"), [("all", "'all'"), ("Baseline", "'Bas")])
def test_another_text_is_not_a_scope(text: str, unknown: str) -> None:
    with pytest.raises(ValueError, match=f"{unknown}.* is nothing that a scan looks for; known are vulnerability, "):
        scan_scopes(text)


@pytest.mark.parametrize("text", ["", "baseline,", ",baseline", "baseline,,vulnerability", "baseline, "])
def test_a_list_of_scopes_has_no_empty_part(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text!r} has an empty part; separate the names by single commas$"):
        scan_scopes(text)


def test_an_age_may_be_unlimited() -> None:
    assert age("24h") == timedelta(hours=24)
    assert age("0") == timedelta(0)
    assert age(" None ") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+08:00", datetime(2026, 1, 31, 4, tzinfo=UTC)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, 0, tzinfo=UTC)),
        ("2026-01-31 20:00:00+08:00", datetime(2026, 1, 31, 12, 0, tzinfo=UTC)),
        ("2026-01-31 12:00:00.5+00:00", datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("1769860800", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("1769860800.5", datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_moment_is_rfc_3339_or_epoch_seconds(text: str, expected: datetime) -> None:
    assert moment(text) == expected
    assert moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01T00:00:00Z", "9" * 400, "-1", "0.5", "9999-12-31T23:59:59-23:00"],
)
def test_another_text_is_not_a_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time such as"):
        moment(text)


def test_epoch_milliseconds_are_recognised_and_answered_by_the_seconds() -> None:
    with pytest.raises(
        ValueError, match=r"'1769860800123' is in milliseconds, by its 13 digits; give seconds: 1769860800$"
    ):
        moment("1769860800123")


def test_a_moment_without_a_time_zone_is_refused_and_not_guessed() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        moment("2026-01-31T12:00:00")
    with pytest.raises(ValueError, match="has no time zone"):
        moment("20260131")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), (" 12 ", 12), ("007", 7)])
def test_a_number_of_images_is_a_whole_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.0", "1e3", "٣", "0x10", "True", "1_000", "9" * 5000])
def test_another_text_is_not_a_number_of_images(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        whole_number(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://hss.example.com", "https://hss.example.com"),
        ("https://hss.example.com/", "https://hss.example.com"),
        ("https://gateway.example.com:8443/hss/", "https://gateway.example.com:8443/hss"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[FD00::A]:8443", "https://[FD00::A]:8443"),
        ("https://hss.example.com/X/", "https://hss.example.com/X"),
        (f"https://{'a' * 63}.{'b' * 63}.", f"https://{'a' * 63}.{'b' * 63}."),
    ],
)
def test_an_address_is_https_or_loopback(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("http://hss.example.com", "would send credentials unencrypted"),
        ("http://127.0.0.1.example.com", "would send credentials unencrypted"),
        ("http://localhost.example.com", "would send credentials unencrypted"),
        ("http://128.0.0.1", "would send credentials unencrypted"),
        ("ftp://hss.example.com", "is not a URL such as"),
        ("hss.example.com", "is not a URL such as"),
        ("https://", "is not a URL such as"),
        ("https://user:pass@hss.example.com", "may not contain a user or a password"),
        ("https://user:p[ss@hss.example.com", "may not contain a user or a password"),
        ("https://user:pass@hss.example.com:99999", "may not contain a user or a password"),
        ("https://\u00e4.example.com", "is not a URL such as"),
        ("https://hss.example.com?x=1", "is not a URL such as"),
        ("https://hss.example.com#x", "is not a URL such as"),
        ("https://hss.example.com:99999", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://a b", "is not a URL such as"),
        ("https://a..b", "is not a URL such as"),
        (f"https://{'a' * 64}.example.com", "is not a URL such as"),
        (f"https://a.{'b' * 64}", "is not a URL such as"),
    ],
)
def test_an_address_that_would_leak_a_secret_or_is_malformed_is_refused(text: str, warning: str) -> None:
    with pytest.raises(ValueError, match=warning):
        base_url(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],  # noqa: S104 - asked about, not bound
)
def test_loopback_is_this_machine_only(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_ca_bundle_has_certificates_in_it(tmp_path: Path) -> None:
    bundle = ssl.get_default_verify_paths().cafile or ""
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")

    assert ca_bundle(bundle) == Path(bundle)
    for wrong, why in ((empty, "it has none that can be read"), (tmp_path / "absent.pem", "No such file or directory")):
        with pytest.raises(ValueError, match=rf"is not a file of PEM certificates \({why}\)$"):
            ca_bundle(str(wrong))


def test_a_ca_bundle_that_can_be_read_only_once_is_refused() -> None:
    """Checking a pipe empties it: `--ca-bundle <(cat ca.pem)`."""
    begin, end, _ = Path(ssl.get_default_verify_paths().cafile or "").read_text().partition("-----END CERTIFICATE-----")
    reader, writer = os.pipe()
    os.write(writer, f"{begin}{end}\n".encode())
    os.close(writer)

    with pytest.raises(ValueError, match=r"is not a file of PEM certificates \(it is not a regular file"):
        ca_bundle(f"/dev/fd/{reader}")
    os.close(reader)


def test_a_report_is_a_format_and_a_path(tmp_path: Path) -> None:
    assert report_target("json=a=b.json") == ReportTarget(format="json", path=Path("a=b.json"))
    for wrong in ("json", "json=", "=a.json", "", "json=a\0b"):
        with pytest.raises(ValueError, match="is not FORMAT=PATH"):
            report_target(wrong)
    with pytest.raises(ValueError, match="is a folder"):
        report_target(f"json={tmp_path}")
    for several in ("json=a.json,markdown=a.md", "json=a.json; code-quality=a.json", "json=a.json junit=a.xml"):
        with pytest.raises(ValueError, match="looks like several reports"):
            report_target(several)
    assert report_target("json=a b; c.json").path == Path("a b; c.json")


def test_a_path_that_cannot_be_examined_is_not_the_path_of_a_report(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    for wrong in (circle, circle / "a.json", "a" * 5000):
        with pytest.raises(ValueError, match=rf"^'{wrong}' cannot be the path of a report \("):
            report_target(f"json={wrong}")
    assert report_target(f"json={Path(__file__) / 'a.json'}").format == "json"


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        base_url("https://user:hush@hss.example.com")

    assert str(caught.value) == "an address may not contain a user or a password; credentials are set separately"


def test_an_id_that_is_none_is_told_from_the_id_of_a_task_and_from_a_name() -> None:
    with pytest.raises(ValueError, match=r"^'000' stands for no task; give the id of one$"):
        task_id("000")
    with pytest.raises(ValueError, match=r"^'a b' has a space in it and is no id; it may be a name$"):
        task_id("a b")
    assert task_id("b83d6a5f") == "b83d6a5f"


@given(st.text(max_size=30))
def test_every_text_is_parsed_or_refused(text: str) -> None:
    for parse in (duration, pause, age, moment, whole_number, base_url, report_target):
        with suppress(ValueError):
            parse(text)


@pytest.mark.parametrize("text", ["a", "7", "staging", " Staging_2.eu-west ", "x" * 40])
def test_a_name_of_a_gate_may_be_part_of_a_file_name_and_of_a_variable(text: str) -> None:
    assert gate_name(text) == text.strip()


@pytest.mark.parametrize("text", ["", " ", "-a", ".a", "_a", "a b", "a/b", "a\nb", "x" * 41, "\u00fc"], ids=ascii)
def test_any_other_name_of_a_gate_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a name such as staging: 1 to 40 letters, digits, dots, dashes, under"
    ):
        gate_name(text)


def test_a_text_of_a_documented_form_has_that_form_as_a_whole() -> None:
    parse = of_form("[0-9]{3}", "a number of three digits")

    assert parse("123") == "123"
    for text in ("12", "1234", "123\n", "x"):
        with pytest.raises(ValueError, match=r"is not a number of three digits$"):
            parse(text)


def test_settings_are_equal_wherever_they_come_from_and_do_not_show_it() -> None:
    settings = Settings(cloud="huawei", policy=Policy())
    from_elsewhere = replace(settings, sources={"timeout": "the file"}, policy_sources={"max-risky": "the file"})

    assert settings == from_elsewhere
    assert "the file" not in repr(from_elsewhere)


def test_variables_of_the_vendors_tools_are_read_unless_that_is_ruled_out() -> None:
    assert Settings(cloud="huawei", policy=Policy()).reads_variables
