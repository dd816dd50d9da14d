"""The options about findings: their values, and the policy that they make."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.finding import FindingPolicy, KnownFinding
from gate.finding_options import day, days, severity_limits
from gate.image import Severity
from gate.images.reference import image_reference
from gate.policy import Policy
from gate.reports import json_report
from gate.run_settings import settings_from
from gate.scan import ScanScope
from gate.settings import ReportTarget
from gate.simulator import IMAGE_SCENARIOS
from tests.builders import NOW, a_finding, a_release, a_risky_image
from tests.findings.test_openvex import a_document, a_statement, affected

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.settings import Settings
    from tests.harness import Gate

CRITICAL, HIGH, MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM
WAIVER = '[[waiver]]\nid = "CVE-2026-1"\nimages = ["*"]\nreason = "not reachable"\nuntil = 2026-03-01\n'
AS_HIGH = "has no severity critical: critical means high here, since its highest word may be either"
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


def settings_of(**values: Any) -> Settings:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    given = {"cloud": "huawei", "image": [image_reference("team/web:1.0")], **named}
    return settings_from(given, today=date(2026, 1, 31))


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("high=0", {HIGH: 0}),
        (" critical=1 , medium=20 ", {CRITICAL: 1, MEDIUM: 20}),
        ("unknown=3", {Severity.UNKNOWN: 3}),
    ],
)
def test_limits_are_levels_with_numbers(text: str, limits: dict[Severity, int]) -> None:
    assert severity_limits(text) == limits


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("high", "'high' is not LEVEL=N, such as high=0"),
        ("high=0,", "'' is not LEVEL=N, such as high=0"),
        ("hihg=0", "'hihg' is not a severity; did you mean 'high'?"),
        ("5=high", "'5' is not a severity; known are critical, high, medium, low, unknown"),
        ("none=0", "'none' is not a severity"),
        ("high=-1", "'-1' is not a whole number"),
        ("high=0=1", "'0=1' is not a whole number"),
        ("high=0,high=1", "'high=0,high=1' has two limits for high"),
    ],
)
def test_what_is_no_limit_is_an_error(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}"):
        severity_limits(text)


def test_a_day_is_written_with_dashes() -> None:
    assert day("2026-01-31") == date(2026, 1, 31)
    for text in ("20260131", "2026-02-30", "2026-W05-6", "today", "2026-01-31T00:00:00Z"):
        with pytest.raises(ValueError, match=r"is not a day such as 2026-01-31$"):
            day(text)


def test_a_number_of_days_is_one_or_more() -> None:
    assert (days("1"), days("3650")) == (1, 3650)
    for text in ("0", "3651"):
        with pytest.raises(ValueError, match=r"is not a number of days from 1 to 3650$"):
            days(text)


@every_cloud
def test_without_options_nothing_of_the_policy_goes_by_findings(cloud: str) -> None:
    settings = settings_of(cloud=cloud)

    assert (settings.policy.findings, settings.lists_findings, settings.notices) == (FindingPolicy(), False, ())


def test_every_option_becomes_a_part_of_the_policy(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER)
    settings = settings_of(
        severity_cutoff="medium",
        max_findings=[{HIGH: 3, MEDIUM: 9}, None, {HIGH: 1}, {HIGH: 2}],
        only_fixable=True,
        waivers=[None, path],
        unused_waivers="block",
        as_of=date(2026, 2, 1),
        list_findings=True,
    )
    (waiver,) = settings.policy.findings.waivers

    assert settings.policy.findings == FindingPolicy(
        severity_cutoff=MEDIUM,
        max_findings={HIGH: 1, MEDIUM: 9},
        only_fixable=True,
        waivers=(waiver,),
        unused_waivers_block=True,
        as_of=date(2026, 2, 1),
    )
    assert (settings.lists_findings, waiver.id) == (True, "CVE-2026-1")
    assert settings.notices == ("waivers are judged as of 2026-02-01",)


def test_a_day_without_waivers_needs_no_notice() -> None:
    assert settings_of(as_of=date(2026, 2, 1)).notices == ()


def test_the_last_day_of_a_waiver_is_counted_from_the_day_of_the_run_or_the_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER)

    with pytest.raises(UsageError, match="at most 28 days are allowed, so until 2026-02-28"):
        settings_of(waivers=[path], waiver_max_days=28)
    assert settings_of(waivers=[path], waiver_max_days=28, as_of=date(2026, 2, 1)).policy.findings.waivers


def test_without_a_day_that_of_the_machine_counts(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER.replace("2026-03-01", "9999-01-01"))

    with pytest.raises(UsageError, match="at most 90 days are allowed"):
        settings_from({"cloud": "huawei", "image": [image_reference("team/web:1.0")], "waivers": [path]})


def test_the_day_of_the_machine_is_that_of_utc_in_every_time_zone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVER.replace("2026-03-01", "9999-01-01"))
    ends = []
    before = datetime.now(UTC).date()
    # At every moment, the day of one of them is another one than in UTC.
    for zone in ("UTC-14", "UTC+12"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        with pytest.raises(UsageError) as refused:
            settings_from({"cloud": "huawei", "image": [image_reference("team/web:1.0")], "waivers": [path]})
        ends.append(re.search("so until ([0-9-]{10})", str(refused.value)))
    monkeypatch.delenv("TZ")
    time.tzset()

    allowed = {str(day + timedelta(days=90)) for day in (before, datetime.now(UTC).date())}
    assert {end[1] for end in ends if end} <= allowed
    assert all(ends)


@every_cloud
def test_critical_is_high_where_a_cloud_has_no_word_for_it(cloud: str) -> None:
    assert not CLOUDS[cloud].states_critical({}, ())
    settings = settings_of(cloud=cloud, severity_cutoff="critical", max_findings=[{CRITICAL: 0, MEDIUM: 5}])

    assert settings.policy.findings == FindingPolicy(severity_cutoff=HIGH, max_findings={HIGH: 0, MEDIUM: 5})
    assert settings.notices == (f"{CLOUDS[cloud].vendor} {AS_HIGH}",)


@pytest.mark.parametrize(
    ("images", "scanner", "level"),
    [
        (("acme-x1.swr-pro.myhuaweicloud.com/team/web:1",), "instance", CRITICAL),
        (("acme-x1.swr-pro.myhuaweicloud.com/team/web:1",), "hss", HIGH),
        (("acme-x1.swr-pro.myhuaweicloud.com/team/web:1",), None, HIGH),
        (("acme-x1.swr-pro.myhuaweicloud.com/team/web:1", "team/api:1"), "instance", HIGH),
        (("registry.example.com/team/web:1",), "instance", HIGH),
    ],
)
def test_critical_stays_critical_only_where_instances_of_swr_enterprise_scan_all_images(
    images: tuple[str, ...], scanner: str | None, level: Severity
) -> None:
    settings = settings_of(
        image=[image_reference(image) for image in images],
        severity_cutoff="critical",
        max_findings=[{CRITICAL: 0}],
        **({"swr_enterprise_scanner": scanner} if scanner else {}),
    )

    has_critical = level is CRITICAL
    assert settings.policy.findings == FindingPolicy(
        severity_cutoff=level, max_findings={level: 0}, has_critical=has_critical
    )
    assert bool(settings.notices) is (level is HIGH)


@pytest.mark.parametrize(
    ("limits", "high"), [({CRITICAL: 1, HIGH: 3}, 1), ({CRITICAL: 3, HIGH: 1}, 1), ({CRITICAL: 2}, 2)]
)
def test_of_a_limit_for_critical_and_one_for_high_the_stricter_one_counts(
    limits: dict[Severity, int], high: int
) -> None:
    assert settings_of(max_findings=[limits]).policy.findings.max_findings == {HIGH: high}


def test_a_cutoff_of_critical_leaves_limits_for_others_as_they_are() -> None:
    policy = settings_of(severity_cutoff="critical", max_findings=[{MEDIUM: 5}]).policy.findings

    assert policy == FindingPolicy(severity_cutoff=HIGH, max_findings={MEDIUM: 5})


@every_cloud
def test_every_word_of_a_cloud_has_a_severity_that_is_known(cloud: str) -> None:
    assert {HIGH, MEDIUM, Severity.LOW} <= set(CLOUDS[cloud].severity_words.values())
    assert Severity.UNKNOWN not in CLOUDS[cloud].severity_words.values()


def test_no_cutoff_at_all_needs_a_limit() -> None:
    with pytest.raises(UsageError) as caught:
        settings_of(severity_cutoff="none")

    assert str(caught.value) == (
        "The severity cutoff is none (--severity-cutoff), and there is no limit for findings. "
        "No finding would block then. Set --max-findings, such as high=0, or another cutoff."
    )
    assert settings_of(severity_cutoff="none", max_findings=[{HIGH: 0}]).policy.findings.severity_cutoff == "none"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity-cutoff", "high"),
        ("max-findings", [{HIGH: 0}]),
        ("only-fixable", True),
        ("waivers", [Path("waivers.toml")]),
        ("waiver-max-days", 30),
        ("unused-waivers", "block"),
        ("as-of", date(2026, 1, 31)),
        ("vex", [Path("vex.json")]),
        ("list-findings", True),
    ],
)
def test_an_option_about_findings_needs_images(name: str, value: object) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from({"cloud": "huawei", name: value})

    assert str(caught.value) == (
        f"No image is named, but --{name} is about the findings of images. Without one, the gate judges a scan task, "
        "of which the clouds state no findings. Name the images with --image or --images-from, or remove it."
    )


@pytest.mark.parametrize("name", ["max-findings", "waivers", "vex"])
def test_the_word_for_not_given_needs_no_images(name: str) -> None:
    assert settings_from({"cloud": "huawei", name: [None]}).policy.findings == FindingPolicy()


def test_vex_documents_become_waivers_after_those_of_files_and_the_others_are_named(tmp_path: Path) -> None:
    first, second, waivers = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "waivers.toml"
    first.write_text(json.dumps(a_document(a_statement("team/web"), affected("team/other"))))
    second.write_text(json.dumps(a_document(a_statement("team/web", status="fixed"))))
    waivers.write_text(WAIVER)
    settings = settings_of(waivers=[waivers], vex=[first, None, second])

    assert [waiver.source for waiver in settings.policy.findings.waivers] == [
        f"{waivers}, waiver 1",
        f"{first}, statement 1",
        f"{second}, statement 1",
    ]
    assert settings.notices == (f"statements of the VEX document {first} that accept nothing here: 1 affected",)


def a_baseline(path: Path, *, image: str = "team/web:0.9", policy: Policy | None = None) -> Path:
    """The json report of an earlier release with one finding."""
    earlier = a_risky_image(image=image_reference(image), findings=(a_finding("HW-1"),))
    path.write_text("".join(json_report.render(a_release(earlier, policy=policy))))
    return path


def test_a_baseline_becomes_a_part_of_the_policy(tmp_path: Path) -> None:
    findings = settings_of(baseline=a_baseline(tmp_path / "a.json")).policy.findings

    known = KnownFinding(id="HW-1", package="openssl", kind=ScanScope.VULNERABILITY, repository="team/web")
    assert findings.baseline == {known: HIGH}
    assert (findings.baseline_at, findings.baseline_max_age) == (NOW, timedelta(days=30))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"image": "team/api:0.9"}, "it is of other repositories"),
        ({"policy": Policy(max_risky=1)}, "its policy is another one"),
    ],
)
def test_a_baseline_of_something_else_is_a_usage_error(changes: dict[str, Any], why: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=why):
        settings_of(baseline=a_baseline(tmp_path / "a.json", **changes))


def test_a_baseline_is_no_report_that_the_run_writes(tmp_path: Path) -> None:
    path = a_baseline(tmp_path / "a.json")
    target = ReportTarget(format="json", path=tmp_path / "folder" / ".." / "a.json")

    with pytest.raises(UsageError) as refused:
        settings_of(baseline=path, report=[target])

    assert str(refused.value) == (
        f"The baseline {path} is also a report that this run writes (--report). What blocks this run would stand in "
        "the baseline of the next one, and pass. Write the report to another file."
    )


def test_a_baseline_of_the_same_policy_is_one_whatever_that_policy_is(tmp_path: Path) -> None:
    scopes = frozenset({ScanScope.BASELINE})
    policy = Policy(max_failed=2, max_risky=3, required_scopes=scopes, findings=FindingPolicy(severity_cutoff=MEDIUM))
    path = a_baseline(tmp_path / "a.json", policy=policy)

    same = settings_of(
        baseline=path, max_failed=2, max_risky=3, required_scope=scopes, severity_cutoff="medium"
    ).policy.findings

    assert same.baseline is not None
    assert len(same.baseline) == 1


def test_a_baseline_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        settings_of(baseline=tmp_path / "none.json")


@pytest.mark.parametrize("option", ["waivers", "vex", "baseline"])
def test_a_file_that_cannot_be_used_is_named_with_its_option(option: str, tmp_path: Path) -> None:
    path = tmp_path / "none"

    with pytest.raises(UsageError, match=rf"{path}.*\. Correct --{option}[ ,.]"):
        settings_of(**{option: path if option == "baseline" else [path]})


def test_a_report_that_is_no_baseline_is_named_with_its_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Correct --baseline, or make a new baseline"):
        settings_of(baseline=a_baseline(tmp_path / "a.json", image="team/api:0.9"))


def test_the_table_in_the_documentation_has_every_word_of_every_cloud() -> None:
    text = (Path(__file__).parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")
    rows = {row.split(" | ")[0].lstrip("| "): row for row in text.splitlines() if row.startswith("| ")}
    words = [
        (severity, word)
        for provider in CLOUDS.values()
        for word, severity in provider.severity_words.items()
        if severity is not Severity.NONE
    ]

    assert [(severity, word) for severity, word in words if f"`{word}`" not in rows[severity]] == []


# On the command line.


@every_cloud
def test_the_log_says_what_the_user_should_know_of_the_policy(cloud: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("clean", cloud).run("check", "--image", "team/web:1.0", "--severity-cutoff", "critical")

    assert AS_HIGH in ending.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--unused-waivers", "sometimes"], "Invalid value for --unused-waivers"),
        (["--severity-cutoff", "hihg"], "Invalid value for --severity-cutoff"),
        (["--max-findings", "5"], "Invalid value for --max-findings: '5' is not LEVEL=N, such as high=0."),
        (["--waivers", "missing.toml"], "The file missing.toml does not exist."),
        (["--vex", "missing.json"], "The file missing.json does not exist."),
        (["--as-of", "tomorrow"], "Invalid value for --as-of: 'tomorrow' is not a day such as 2026-01-31."),
    ],
)
def test_a_wrong_value_is_a_usage_error(words: list[str], why: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in().run("check", "--image", "team/web:1.0", *words)

    assert ending.code == 2
    assert why in ending.err


def test_default_stands_for_the_default_of_a_choice_too(gate_in: Callable[..., Gate]) -> None:
    ending = gate_in().run("check", "--unused-waivers", "default")

    assert ending.code == 0


def test_a_repeatable_option_may_be_a_list_or_lines_in_the_config_file(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in()
    for text in ('["high=0", "x=1"]', '"""high=0\nx=1"""'):
        Path("gate.toml").write_text(f"max-findings = {text}\n")
        ending = gate.run("check", "--config", "gate.toml", "--image", "team/web:1.0")

        assert (ending.code, "'x' is not a severity; known are critical" in ending.err) == (2, True)


@pytest.mark.parametrize("cloud", ["alibaba"])
def test_a_waiver_file_lets_a_risky_release_pass_and_the_log_counts_what_it_accepts(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-risky", cloud)
    images = [word for image in IMAGE_SCENARIOS["images-risky"].images for word in ("--image", image)]
    blocked = gate.check(*images, "--list-findings", "--appear-timeout", "1m")
    found = {one["id"] for image in blocked.report["images"] for one in image["listed_findings"] or ()}
    Path("waivers.toml").write_text("".join(WAIVER.replace("CVE-2026-1", one) for one in found))
    passed = gate.check(*images, "--appear-timeout", "1m", "--waivers", "waivers.toml", "--as-of", "2026-02-01")

    assert (blocked.code, passed.code) == (1, 0)
    assert f"scan-gate: {len(found)} findings are waived in 1 image." in passed.err
    assert "scan-gate: waivers are judged as of 2026-02-01." in passed.err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_finding_of_the_baseline_that_is_gone_is_named(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("images-risky", cloud)
    images = [word for image in IMAGE_SCENARIOS["images-risky"].images for word in ("--image", image)]
    baseline = gate.check("--list-findings", *images).report
    (risky,) = [image for image in baseline["images"] if image["listed_findings"]]
    risky["listed_findings"].append({**risky["listed_findings"][0], "id": "WAS-1"})
    Path("baseline.json").write_text(json.dumps(baseline, indent=1))

    ending = gate.check("--list-findings", "--baseline", "baseline.json", *images)

    assert [finding["id"] for finding in ending.report["gone"]] == ["WAS-1"]
    assert "1 gone (WAS-1 in " in ending.out
