"""The option table: what is in it, and how the options of several clouds are merged into it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gate import cli
from gate.clouds import CLOUDS
from gate.help import option_row
from gate.options import (
    CLOUD_OPTIONS,
    CONFIG,
    DOCTOR_OPTIONS,
    DOCTOR_SECTIONS,
    JUDGE_OPTIONS,
    JUDGE_SECTIONS,
    OPTIONS,
    SECRETS,
    SECTIONS,
    STATUS_OPTIONS,
    STATUS_SECTIONS,
    cloud_options,
    known_report_target,
)
from gate.reports import REPORTS
from gate.settings import Option


def test_no_option_has_the_name_of_a_secret() -> None:
    names = [option.name for option in OPTIONS]

    assert not set(names) & set(SECRETS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("options", "sections"), [(OPTIONS, SECTIONS), (STATUS_OPTIONS, STATUS_SECTIONS)])
def test_every_option_of_a_command_is_in_a_section_of_its_help(
    options: tuple[Option, ...], sections: dict[str, tuple[Option, ...]]
) -> None:
    shown = {option.name for listed in sections.values() for option in listed}

    assert shown == {option.name for option in options}


def test_doctor_has_the_options_of_a_run_with_a_timeout_of_its_own() -> None:
    of_run = {option.name: option for option in OPTIONS}
    of_doctor = {option.name: option for option in DOCTOR_OPTIONS}
    shown = {option.name: option for listed in DOCTOR_SECTIONS.values() for option in listed}

    assert of_doctor.keys() == of_run.keys()
    assert shown.keys() == of_doctor.keys()
    assert shown["timeout"] == of_doctor["timeout"]
    assert {name for name, option in of_doctor.items() if option != of_run[name]} == {"timeout"}
    assert (of_doctor["timeout"].default, of_doctor["timeout"].help) == (
        "2m",
        "end after this time; what is not checked by then is a failure",
    )


def test_status_has_the_options_of_a_check_and_says_what_four_of_them_mean_to_it() -> None:
    of_check = {option.name: option for option in OPTIONS}
    other_help = {option.name: option.help for option in STATUS_OPTIONS if option != of_check[option.name]}

    assert {replace(option, help="") for option in STATUS_OPTIONS} <= {
        replace(option, help="") for option in of_check.values()
    }
    assert other_help == {
        "timeout": "end the run after this time; exit with 4 if the cloud has not responded by then",
        "image": "show this image, [REGISTRY/]NAMESPACE/NAME[:TAG][@sha256:...], in place of a scan task; repeatable, "
        "one per line in a variable",
        "images-from": "show the images that this file names: one reference per line, or the metadata file of "
        "`docker buildx`",
        "quiet": "print only the state of the scan task or the images, and warnings",
    }


def test_the_region_has_the_variables_of_each_cloud_beside_its_option() -> None:
    (region,) = (option for option in OPTIONS if option.name == "region")

    assert region.default_note == "; ".join(
        f"{name}: {', '.join(provider.region_variables)}" for name, provider in CLOUDS.items()
    )


def clouds_with(monkeypatch: pytest.MonkeyPatch, **options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The common table of clouds that have these options."""
    clouds = {name: replace(CLOUDS["huawei"], options=own) for name, own in options.items()}
    monkeypatch.setattr("gate.options.CLOUDS", clouds)
    return cloud_options()


def test_an_option_of_one_cloud_is_in_the_table_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    size = Option(name="size", help="take this size", choices=("s", "m"), default="m", metavar="SIZE", parse=int)
    plane = Option(name="plane", help="take this plane")

    assert clouds_with(monkeypatch, one=(size, plane), two=()) == (
        Option(name="size", help="one: take this size (s, m)", default_note="m", metavar="SIZE"),
        Option(name="plane", help="one: take this plane"),
    )


def test_an_option_of_two_clouds_is_once_in_the_table_with_the_values_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default of one is not that of the other."""
    first = Option(name="size", help="take this size", choices=("s", "m"), default="m", metavar="SIZE")
    second = Option(name="size", help="take sizes of N", default_note="any", metavar="N")

    merged = "one: take this size (s, m) [default: m]; two: take sizes of N [default: any]"
    assert clouds_with(monkeypatch, one=(first,), two=(second,)) == (Option(name="size", help=merged),)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_help_line_is_a_phrase_without_a_full_stop(option: Option) -> None:
    described = re.sub(f"^({'|'.join(CLOUDS)}): ", "", option.help)

    assert described[:1].islower()
    assert not described.endswith(".")


def test_the_options_of_a_cloud_begin_with_its_name() -> None:
    assert [option.name for option in CLOUD_OPTIONS if option.help.partition(":")[0] not in CLOUDS] == []


# Options whose absence loosens something.

STRICT_WITHOUT = {
    "cloud": "there is no run without it",
    "request-timeout": "it changes no verdict",
    "timeout": "a run that ends sooner is no pass",
    "max-failed": "0 is the strictest",
    "max-risky": "0 is the strictest",
    "appear-timeout": "a run that ends sooner is no pass",
    "warn-only": "off is the strictest",
    "on-undecided": "fail is the strictest",
    "scan": "auto takes no result but one of this very image that is fresh",
    "severity-cutoff": "any is the strictest",
    "only-fixable": "off is the strictest",
    "list-findings": "it changes no verdict",
    "report": "it changes no verdict",
    "ci": "it changes no verdict",
    "quiet": "it changes no verdict",
    "verbose": "it changes no verdict",
    "color": "it changes no verdict",
}
"""The options that an empty value or a misspelt reference cannot loosen, and why."""


@pytest.mark.parametrize("option", [*OPTIONS, CONFIG], ids=lambda option: option.name)
def test_an_option_has_a_word_for_not_given_unless_nothing_is_looser_without_it(option: Option) -> None:
    """Without a filter another task is judged, without an address or a certificate another place is trusted."""
    assert bool(option.unset) is (option.name not in STRICT_WITHOUT)


def test_that_word_is_none_where_there_is_no_default_and_default_where_there_is_one() -> None:
    assert {option.name: option.unset for option in OPTIONS if option.unset and option.default is not None} == {
        "credentials": "default",
        "max-age": "default",
        "required-scope": "default",
        "settle": "default",
        "waiver-max-days": "default",
        "baseline-max-age": "default",
        "unused-waivers": "default",
    }
    assert {option.unset for option in (*OPTIONS, CONFIG) if option.default is None} == {"none", ""}


@pytest.mark.parametrize(("name", "text"), [("task-id", "0"), ("name", "team a")])
def test_an_option_refuses_what_means_nothing_to_it(name: str, text: str) -> None:
    [option] = [option for option in OPTIONS if option.name == name]

    with pytest.raises(ValueError, match=re.escape(repr(text))):
        option.parse(text)


def test_help_names_the_value_of_an_option_with_too_many_choices_for_one_line() -> None:
    [option] = [option for option in OPTIONS if option.name == "ci"]

    name, text = option_row(option)

    assert name == "--ci SYSTEM"
    assert text.startswith(f"{option.help}: {', '.join(option.choices)}")


def test_judge_takes_no_option_that_only_means_something_to_a_run() -> None:
    names = {option.name for option in JUDGE_OPTIONS}

    assert {"waivers", "severity-cutoff", "max-failed", "max-risky"} <= names
    assert not names & {"list-findings", "baseline", "baseline-max-age", "timeout", "image", "region", "max-age"}
    assert [*JUDGE_SECTIONS] == ["Judgement", "Findings"]


def test_the_help_of_the_status_has_the_titles_of_that_of_a_check_without_judgement_and_reports() -> None:
    titles = [title for title in SECTIONS if title not in {"Judgement", "Findings", "Reports"}]

    assert [*STATUS_SECTIONS] == titles
    assert {"Connection", "Sign-in", "Images", "Log"} < {*titles}
    assert not {"color", "scan"} & {option.name for option in STATUS_OPTIONS}


def test_the_help_of_doctor_says_what_a_fixture_is(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["doctor", "--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert (
        "--fixture FILE in place of the checks, write to this file how the cloud responds, without any value of the "
        "account" in text
    )


def test_a_format_of_reports_that_there_is_not_is_answered_by_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=f"^'csv' is not a report format; known are {', '.join(REPORTS)}$"):
        known_report_target("csv=scan.csv")
