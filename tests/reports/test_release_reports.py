"""The reports of real runs for the images of a release: every reader agrees with the json report, image by image."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gate.image import ImageRef
from gate.image_description import short_name
from gate.policy import Decision
from gate.reports import REPORTS
from gate.simulator import IMAGE_SCENARIOS
from tests.harness import CLOUDS
from tests.reports.endings import PARTS
from tests.reports.readers import gitlab, gitlab_code_quality, gitlab_dotenv
from tests.reports.readers.code_scanning import CodeScanning
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

SCENARIOS = ("images-clean", "images-risky", "image-failed", "tag-moved")
SCHEMA = json.loads(files("gate.reports").joinpath("report-2.schema.json").read_text())
EVERY_REPORT = [word for name in REPORTS for word in ("--report", f"{name}={name}")]


@pytest.fixture
def ending(scenario: str, cloud: str, gate_in: Callable[..., Gate]) -> Ending:
    """A run for the images of the scenario, with every report in the working directory."""
    images = [word for image in IMAGE_SCENARIOS[scenario].images for word in ("--image", image)]
    return gate_in(scenario, cloud).check(*images, "--appear-timeout", "1m", *EVERY_REPORT)


def is_finding(image: dict[str, Any]) -> bool:
    return bool(image["state"] == "failed" or (image["state"] == "scanned" and image["risky"]))


def name_of(image: dict[str, Any]) -> str:
    return short_name(ImageRef(**{part: image[part] for part in PARTS}))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_json_report_is_valid_and_has_every_image_that_was_asked_for(scenario: str, ending: Ending) -> None:
    Draft202012Validator(SCHEMA).validate(ending.report)

    asked = {image.partition("@")[0] for image in IMAGE_SCENARIOS[scenario].images}
    assert {image["reference"].partition("@")[0] for image in ending.report["images"]} == asked
    assert ending.report["counts"]["total"] == len(asked)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_report_and_the_log_agree_with_it_on_each_image(ending: Ending) -> None:
    run, images = ending.report, ending.report["images"]
    names, bad = sorted(map(name_of, images)), sorted(map(name_of, filter(is_finding, images)))
    written = [name for name in REPORTS if Path(name).exists()]

    assert {READERS[name].verdict(Path(name).read_text()) for name in written} == {run["verdict"]}
    assert all(f"\n  {name} " in ending.out for name in names)
    cases = gitlab.READER.read({"scan.xml": Path("junit").read_text()}).cases[1:]
    assert sorted(case.name for case in cases) == names
    assert sorted(case.name for case in cases if case.state == "failed") == bad
    issues = gitlab_code_quality.read(Path("code-quality").read_text()).shown[len(run["reasons"]) :]
    assert sorted(issue["description"].split()[0] for issue in issues) == bad
    variables = gitlab_dotenv.read(Path("dotenv").read_text()).values
    assert variables["SCAN_IMAGES_TOTAL"] == str(len(images))
    assert len(json.loads(variables["SCAN_IMAGES"])) == len(images)
    assert all(name in Path("markdown").read_text() for name in names)
    assert all(image["digest"] in Path("html").read_text() for image in images)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_code_scanning_has_an_alert_for_each_bad_image_of_a_judged_run(ending: Ending) -> None:
    # Without the findings of an image, code scanning would close the alerts that it has of it.
    is_whole = all(image["state"] == "scanned" for image in ending.report["images"])
    is_judged = ending.report["verdict"] != Decision.UNDECIDED and is_whole
    assert Path("sarif").exists() is is_judged
    if not is_judged:
        return
    github = CodeScanning()

    github.upload(Path("sarif").read_text())

    assert not github.problems
    bad = [image for image in ending.report["images"] if is_finding(image)]
    unscanned = [alert.text.split()[0] for alert in github.alerts if alert.rule == "image-not-scanned"]
    found = [alert for alert in github.alerts if alert.rule.startswith("finding/")]
    assert sorted(unscanned) == sorted(name_of(image) for image in bad if image["state"] == "failed")
    assert len(found) == sum(len(image["listed_findings"]) for image in bad if image["state"] == "scanned")
    assert all(image["listed_findings"] for image in bad if image["state"] == "scanned")


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["images-clean"])
def test_a_pass_says_when_the_images_were_scanned(ending: Ending) -> None:
    sentence = "2 of 2 images, all scanned since they were pushed"

    assert sentence in ending.out
    assert {name for name in REPORTS if sentence in Path(name).read_text()} == {"markdown", "html", "junit"}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["images-risky"])
def test_a_risky_image_is_told_with_what_was_found(ending: Ending) -> None:
    told = {name for name in REPORTS if "7 vulnerabilities" in Path(name).read_text()}

    assert told == {"markdown", "html", "junit", "code-quality"}
    assert " risky: 7 vulnerabilities" in ending.out
    assert [image["findings"]["vulnerability"] for image in ending.report["images"] if image["risky"]] == [7]
