"""The words of one image: what was found in it, why it has no result, and a tag that moved."""

from __future__ import annotations

from typing import Any

import pytest

from gate.image import ImageRef, ImageState, ScannedImage, Severity
from gate.image_description import (
    details,
    findings,
    moved,
    names_and_count,
    predicate,
    result,
    sentence,
    severities,
    short_name,
    status,
)
from gate.scan import ScanScope
from tests.builders import NOW, a_finding
from tests.hostile import HOSTILE

DIGEST = f"sha256:{'57b6' * 16}"
WEB = ImageRef(namespace="shop", name="web", tag="1.4.2")
VULNERABILITY, BASELINE, MALWARE = ScanScope.VULNERABILITY, ScanScope.BASELINE, ScanScope.MALICIOUS_FILE
HIGH, MEDIUM, UNKNOWN = Severity.HIGH, Severity.MEDIUM, Severity.UNKNOWN


def an_image(state: ImageState = ImageState.SCANNED, **fields: Any) -> ScannedImage:
    return ScannedImage(image=fields.pop("image", WEB), state=state, **fields)


def risky(**fields: Any) -> ScannedImage:
    return an_image(is_risky=True, **fields)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (WEB, "shop/web:1.4.2"),
        (ImageRef(name="web", tag="1", digest=DIGEST), "web:1@sha256:57b657b657b6"),
        (ImageRef(name="web", digest=f"{DIGEST}0"), f"web@{DIGEST}0"),
        (ImageRef(name="web", digest=DIGEST.upper()), f"web@{DIGEST.upper()}"),
        (ImageRef(name=f"@{DIGEST}", tag="1"), f"@{DIGEST}:1"),
        (ImageRef(name="we\nb"), "we b"),
        (ImageRef(), ""),
        (ImageRef(name="\u200b"), ""),
    ],
)
def test_a_name_has_the_start_of_its_digest_and_nothing_else_is_cut(image: ImageRef, name: str) -> None:
    assert short_name(image) == name


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (risky(), "risky"),
        (an_image(is_risky=False), "no risks"),
        (an_image(is_risky=False, kinds={ScanScope.VULNERABILITY: 0}, severities={Severity.HIGH: 0}), "no risks"),
        (an_image(is_risky=False, findings=(a_finding(),)), "not risky"),
        (an_image(is_risky=False, kinds={ScanScope.VULNERABILITY: 1}), "not risky"),
        (an_image(is_risky=False, severities={Severity.LOW: 1}), "not risky"),
        (an_image(is_risky=None), "unknown risk"),
        (an_image(ImageState.UNKNOWN), "unknown state"),
        *(
            (an_image(state, is_risky=True), state.replace("-", " "))
            for state in ImageState
            if state not in {ImageState.SCANNED, ImageState.UNKNOWN}
        ),
    ],
)
def test_a_result_that_may_not_be_judged_is_called_by_its_state_whatever_its_risk(
    image: ScannedImage, words: str
) -> None:
    assert result(image) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"kinds": {VULNERABILITY: 0, MALWARE: 0}, "highest": Severity.NONE}, ""),
        ({"kinds": {VULNERABILITY: 1}}, "1 vulnerability"),
        ({"kinds": {VULNERABILITY: 7}, "severities": {MEDIUM: 5, HIGH: 2}}, "7 vulnerabilities (2 high, 5 medium)"),
        ({"kinds": {VULNERABILITY: 7}, "severities": {HIGH: 0}}, "7 vulnerabilities"),
        ({"severities": {MEDIUM: 5, UNKNOWN: 1}}, "vulnerabilities: 1 unknown, 5 medium"),
        ({"kinds": {VULNERABILITY: 0}, "severities": {HIGH: 1}}, "vulnerabilities: 1 high"),
        (
            {"kinds": dict.fromkeys(ScanScope, 1)},
            (
                "1 vulnerability, 1 failed baseline check, 1 malicious file, 1 piece of sensitive information, "
                "1 non-compliant piece of software"
            ),
        ),
        (
            {"kinds": dict.fromkeys(reversed(ScanScope), 2)},
            (
                "2 vulnerabilities, 2 failed baseline checks, 2 malicious files, 2 pieces of sensitive information, "
                "2 non-compliant pieces of software"
            ),
        ),
        ({"highest": HIGH}, "highest severity high"),
        ({"highest": UNKNOWN, "kinds": {MALWARE: 1}}, "1 malicious file, highest severity unknown"),
        ({"highest": HIGH, "severities": {HIGH: 1}}, "vulnerabilities: 1 high"),
        ({"highest": HIGH, "severities": {MEDIUM: 1}}, "vulnerabilities: 1 medium, highest severity high"),
    ],
)
def test_findings_are_counted_by_kind_and_vulnerabilities_by_severity(fields: dict[str, Any], words: str) -> None:
    assert findings(risky(**fields)) == words
    assert details(risky(**fields)) == words


def test_a_result_that_may_say_less_than_it_seems_to_says_why() -> None:
    image = an_image(is_risky=False, kinds={VULNERABILITY: 0}, warning="not one\nthat is known")

    assert details(image) == "not one that is known"
    assert predicate(image) == "no risks found: not one that is known."


def test_severities_are_listed_from_the_highest_to_the_lowest_without_those_that_no_finding_has() -> None:
    image = risky(severities={severity: at for at, severity in enumerate(reversed(Severity))})

    assert severities(image) == "5 unknown, 4 critical, 3 high, 2 medium, 1 low"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (an_image(is_risky=None), "the cloud does not state it, or contradicts itself"),
        (
            an_image(is_risky=None, kinds={VULNERABILITY: 2}),
            "the cloud does not state it, or contradicts itself; 2 vulnerabilities",
        ),
        (an_image(ImageState.MISSING), "the cloud does not list this digest"),
        (
            an_image(ImageState.MISSING, listed_digest="sha256:0f"),
            "the cloud does not list this digest, but sha256:0f under this tag",
        ),
        (
            an_image(ImageState.MISSING, listed_digest=DIGEST),
            "the cloud does not list this digest, but sha256:57b657b657b6 under this tag",
        ),
        (an_image(ImageState.FAILED, reason="Too big."), "Too big"),
        (an_image(ImageState.FAILED, reason=" ", raw_state="failed"), "no reason given"),
        (an_image(ImageState.UNKNOWN, raw_state="142"), "142"),
        (an_image(ImageState.UNKNOWN, raw_state="142", reason="Lost."), "Lost"),
        (an_image(ImageState.OUTDATED, scanned_at=NOW), "last scanned 2026-01-31T12:00:00Z"),
        (an_image(ImageState.OUTDATED, scanned_at=NOW, reason="It looked for less."), "It looked for less"),
        (an_image(ImageState.OUTDATED), ""),
        (an_image(ImageState.NOT_SCANNABLE, reason="An index."), "An index"),
        (an_image(ImageState.WAITING), ""),
        (an_image(ImageState.SCANNING, raw_state="7", kinds={VULNERABILITY: 2}), ""),
    ],
)
def test_an_image_without_a_result_says_why(image: ScannedImage, words: str) -> None:
    assert details(image) == words


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (
            risky(kinds={VULNERABILITY: 7}, severities={HIGH: 2, MEDIUM: 5}),
            "shop/web:1.4.2 risky: 7 vulnerabilities (2 high, 5 medium).",
        ),
        (risky(), "shop/web:1.4.2 risky."),
        (an_image(is_risky=False), "shop/web:1.4.2 no risks found."),
        (
            an_image(is_risky=None),
            "shop/web:1.4.2 unknown risk: the cloud does not state it, or contradicts itself.",
        ),
        (an_image(ImageState.MISSING), "shop/web:1.4.2 missing: the cloud does not list this digest."),
        (an_image(ImageState.WAITING), "shop/web:1.4.2 waiting for its scan."),
        (an_image(ImageState.SCANNING), "shop/web:1.4.2 being scanned."),
        (an_image(ImageState.OUTDATED), "shop/web:1.4.2 outdated."),
        (an_image(ImageState.FAILED, reason="Too big."), "shop/web:1.4.2 could not be scanned: Too big."),
        (an_image(ImageState.NOT_SCANNABLE), "shop/web:1.4.2 not scannable."),
        (an_image(ImageState.UNKNOWN, raw_state="142"), "shop/web:1.4.2 in an unknown state: 142."),
        (
            risky(moved_to="sha256:0f"),
            "shop/web:1.4.2 risky. The tag now stands for sha256:0f; the verdict is about the digest.",
        ),
    ],
)
def test_a_sentence_names_the_image_and_says_what_to_know_of_it(image: ScannedImage, text: str) -> None:
    assert sentence(image) == text
    assert predicate(image) == text.removeprefix("shop/web:1.4.2 ")


def test_an_image_without_a_name_is_called_so() -> None:
    assert sentence(risky(image=ImageRef())) == "An image risky."


def test_a_tag_that_moved_is_mentioned_and_no_other() -> None:
    assert moved(an_image()) == moved(an_image(moved_to="\n")) == ""
    assert moved(an_image(moved_to=DIGEST)) == (
        "the tag now stands for sha256:57b657b657b6; the verdict is about the digest"
    )
    assert moved(an_image(moved_to="no image any more")) == (
        "the tag now stands for no image any more; the verdict is about the digest"
    )


@pytest.mark.parametrize("state", ImageState)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_of_a_cloud_breaks_the_line(text: str, state: ImageState) -> None:
    image = an_image(
        state, image=ImageRef(name=text), raw_state=text, reason=text, listed_digest=text, moved_to=text, is_risky=True
    )

    assert sentence(image).isprintable()


def test_where_the_names_do_not_add_up_to_the_count_the_count_decides() -> None:
    assert names_and_count(2, 2) == ""
    assert names_and_count(1, 3) == "The cloud names 1 risky image and counts 3; the count decides."
    assert names_and_count(4, 3) == "The cloud names 4 risky images and counts 3; the count decides."


@pytest.mark.parametrize(
    ("image", "line"),
    [
        (risky(scanned_at=NOW), "shop/web:1.4.2 risky; last scan 2026-01-31T12:00:00Z"),
        (an_image(ImageState.WAITING), "shop/web:1.4.2 waiting for its scan"),
        (an_image(ImageState.OUTDATED, scanned_at=NOW), "shop/web:1.4.2 outdated: last scanned 2026-01-31T12:00:00Z"),
        (an_image(ImageState.MISSING, reason="no such\ntag"), "shop/web:1.4.2 missing: no such tag"),
    ],
)
def test_the_status_of_an_image_says_once_when_it_was_scanned(image: ScannedImage, line: str) -> None:
    assert status(image) == line
