"""The `sarif` report, against the published schema and the rules of GitHub's code scanning (ci-hosts.md 5)."""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema.validators import validator_for

from gate.errors import Unreachable
from gate.image import FailedImage, ImageRef, ImageState, Severity
from gate.policy import Policy, undecided
from gate.reports import sarif
from gate.reports.sarif import MAX_RESULTS
from gate.reports.sarif.rules import RULES
from tests.builders import NOW, a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import a_block, an_ending, many_images
from tests.schemas import published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

OUTCOMES = {
    "passed": an_outcome(),
    "passed with failed images that are allowed": an_ending("passed"),
    "blocked by risks": an_outcome(a_task(risky=1)),
    "blocked by all": an_outcome(a_task(failed=1, succeeded=2, risky=2, failed_images=(a_failed_image(),))),
    "passed with a risky image that is allowed": an_ending("passed with a risky image"),
    "release passed": an_ending("release passed"),
    "release blocked": an_ending("release blocked"),
    "blocked by hostile images": a_block(*(a_failed_image(text, text) for text in HOSTILE.values())),
}
every_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)

UNIT = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=@]|%[0-9A-F]{2})"
RELATIVE_REFERENCE = re.compile(rf"{UNIT}+(?:/(?:{UNIT}|:)+)*")
"""`path-noscheme` of RFC 3986: no colon in the first segment, no leading slash; and here no segment is empty."""


def render(outcome: Outcome, *max_size: int) -> str:
    return "".join(sarif.render(outcome, *max_size))


def read(outcome: Outcome) -> dict[str, Any]:
    run: dict[str, Any]
    (run,) = json.loads(render(outcome))["runs"]
    return run


def rules(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(outcome)["tool"]["driver"]["rules"]
    return found


def fingerprints(outcome: Outcome) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in read(outcome)["results"]]


def uris(outcome: Outcome) -> list[str]:
    places = [place for result in read(outcome)["results"] for place in result["locations"]]
    return [place["physicalLocation"]["artifactLocation"]["uri"] for place in places]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


@every_outcome
def test_it_is_valid_by_the_published_schema(outcome: Outcome) -> None:
    schema = json.loads(published("sarif-schema-2.1.0.json").read_text())

    assert not list(validator_for(schema)(schema).iter_errors(json.loads(render(outcome))))


@every_outcome
def test_no_string_is_empty(outcome: Outcome) -> None:
    document = json.loads(render(outcome))

    assert (document["version"], document["$schema"][:8]) == ("2.1.0", "https://")
    assert not [text for text in strings(document) if not text.strip()]


@every_outcome
def test_each_rule_is_described_once_within_githubs_limits(outcome: Outcome) -> None:
    described = rules(outcome)

    assert len({rule["id"] for rule in described}) == len(described)
    for rule in described:
        assert len(rule["name"]) <= 255
        assert max(len(rule[part]["text"]) for part in ("shortDescription", "fullDescription", "help")) <= 1024
        assert "security" in rule["properties"]["tags"]
        assert len(rule["properties"]["tags"]) <= 20


@every_outcome
def test_each_severity_is_a_string_that_github_takes_for_a_number(outcome: Outcome) -> None:
    severities = [rule["properties"]["security-severity"] for rule in rules(outcome)]

    assert all(re.fullmatch(r"\d{1,2}\.\d", severity) and 0 < float(severity) <= 10 for severity in severities)


@every_outcome
def test_each_result_points_to_its_own_rule_and_every_rule_has_a_result(outcome: Outcome) -> None:
    names, results = [rule["id"] for rule in rules(outcome)], read(outcome)["results"]

    assert [names[result["ruleIndex"]] for result in results] == [result["ruleId"] for result in results]
    assert {result["ruleId"] for result in results} == set(names)


@every_outcome
def test_each_result_has_a_whole_region_and_a_relative_place(outcome: Outcome) -> None:
    for result in read(outcome)["results"]:
        (place,) = result["locations"]
        assert set(place["physicalLocation"]["region"].values()) == {1}
        assert len(place["physicalLocation"]["region"]) == 4
    assert not [uri for uri in uris(outcome) if not RELATIVE_REFERENCE.fullmatch(uri)]


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("team", "shop", "team/shop"),
        ("", "shop", "shop"),
        ("team", "", "team"),
        ("", "", "image"),
        ("", "localhost:5000/app", "localhost%3A5000/app"),
        ("/", "/etc//passwd/", "etc/passwd"),
        ("..", "../a/./b", "a/b"),
        (" .. ", ". .", "image"),
        ("a b", "c?d#e%2e", "a%20b/c%3Fd%23e%252e"),
        ("", "镜", "%E9%95%9C"),
        ("", "\ud800\n", "image"),
        ("", "..hidden/...", "..hidden"),
        ("", "X/a", "X/a"),
    ],
)
def test_a_place_is_the_path_of_the_image_inside_the_repository(namespace: str, name: str, expected: str) -> None:
    image = FailedImage(image=ImageRef(registry="swr:443", namespace=namespace, name=name, tag="1.0"))

    assert uris(a_block(image)) == ["scan-gate", expected]


def test_a_pass_without_failed_images_has_no_results_so_that_its_alerts_are_closed() -> None:
    run = read(an_outcome())

    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (an_outcome(a_task(total=5, succeeded=3)), [("too-many-failed", "error")]),
        (an_outcome(a_task(risky=1)), [("too-many-risky", "error")]),
        (an_outcome(a_task(risky=1), policy=Policy(warn_only=True)), [("too-many-risky", "error")]),
        (an_ending("passed"), [("image-not-scanned", "note")]),
        (an_ending("blocked"), [("too-many-failed", "error"), ("image-not-scanned", "error")]),
        (a_release(an_image()), []),
        (an_ending("release passed"), [("image-risky", "note"), ("image-not-scanned", "note")]),
        (
            a_release(an_image("till", ImageState.FAILED), a_risky_image(), an_image(), policy=Policy(max_failed=1)),
            [("too-many-risky", "error"), ("image-risky", "error"), ("image-not-scanned", "note")],
        ),
    ],
)
def test_what_blocks_is_an_error_and_what_is_allowed_a_note(outcome: Outcome, expected: list[tuple[str, str]]) -> None:
    assert [(result["ruleId"], result["level"]) for result in read(outcome)["results"]] == expected


@every_outcome
def test_no_message_holds_a_link(outcome: Outcome) -> None:
    """Even a plain message may, as [text](target): SARIF 2.1.0, 3.11.6."""
    assert not [text for text in strings(read(outcome)) if re.search(r"\]\(", text)]


def test_the_category_is_left_to_the_user_unless_the_gate_has_a_name() -> None:
    """GitHub prefers it to the category that a user gives to the upload."""
    assert "automationDetails" not in read(replace(an_outcome(), identity="release/__run"))
    named = replace(a_block(a_failed_image()), name="staging", identity="staging")
    assert read(named)["automationDetails"] == {"id": "scan-gate/staging/"}
    assert {rule["properties"]["category"] for rule in rules(named)} == {"scan-gate.staging"}
    assert not any("category" in rule["properties"] for rule in rules(replace(named, name="")))


def test_results_with_the_same_message_are_numbered() -> None:
    """Jenkins shows one of two."""
    same = [a_risky_image("shop", image=ImageRef(registry="swr", namespace="team", name="shop"))] * 3
    texts = [result["message"]["text"] for result in read(a_release(*same))["results"]][-3:]

    assert texts == [texts[0], f"{texts[0]} (2)", f"{texts[0]} (3)"]


def test_fingerprints_do_not_depend_on_tags_digests_reasons_or_the_version_of_the_gate() -> None:
    def run(tag: str, digest: str, reason: str) -> Outcome:
        image = ImageRef(registry="swr", namespace="team", name="shop", tag=tag, digest=digest)
        return a_block(FailedImage(image=image, reason=reason), a_failed_image("till"))

    later = replace(run("2.0", "sha256:b", "timeout"), gate_version="9.9.9", generated_at=NOW + timedelta(days=9))

    assert fingerprints(run("1.0", "sha256:a", "too big")) == fingerprints(later)


def test_an_image_of_the_next_release_is_the_same_alert() -> None:
    def release(tag: str, digest: str, **found: Any) -> Outcome:
        images = [ImageRef(registry="swr", namespace="team", name=name, tag=tag, digest=digest) for name in "abc"]
        risky = [a_risky_image(image=image, **found) for image in images[:2]]
        return a_release(*risky, an_image(state=ImageState.FAILED, image=images[2]), an_image("new" if found else "d"))

    later = release("2.0", a_digest("b"), kinds={}, severities={}, highest=Severity.CRITICAL, moved_to=a_digest("c"))

    assert fingerprints(release("1.0", a_digest("a"))) == fingerprints(later)


def test_an_alert_about_a_risky_image_names_it_and_its_place_and_says_what_was_found() -> None:
    *_, result = read(a_release(a_risky_image("shop", moved_to=a_digest("b")), an_image("till")))["results"]

    assert result["message"]["text"] == (
        "swr/team/shop:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium). "
        "The tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest."
    )
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "team/shop"


def test_what_is_left_out_is_told_by_what_it_is_and_whether_it_blocks() -> None:
    risky = tuple(a_risky_image(f"risky-{number}") for number in range(MAX_RESULTS))
    failed = many_images(5)
    cases = [
        (risky, (), 2, "are risky", "error"),
        (risky[:-2], failed, MAX_RESULTS, "could not be scanned", "note"),
        (risky, failed, 2, "are risky or could not be scanned", "error"),
    ]
    for images, more, limit, words, level in cases:
        task = a_task(
            total=9999, succeeded=9990, risky=len(images), failed=len(more), failed_images=more, images=images
        )
        *_, result = read(an_outcome(task, policy=Policy(max_failed=9999, max_risky=limit)))["results"]

        assert result["ruleId"] == "more-images"
        assert f" more images {words}; the json report has them all." in result["message"]["text"]
        assert result["level"] == level
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "scan-gate"


def test_fingerprints_do_not_depend_on_the_order_of_the_images() -> None:
    images = [a_failed_image("shop"), a_failed_image("till"), a_failed_image("shop", "another tag")]

    assert sorted(fingerprints(a_block(*images))) == sorted(fingerprints(a_block(*reversed(images))))


def test_fingerprints_of_different_images_differ_however_their_names_are_cut() -> None:
    refs = [
        ImageRef(registry="a", namespace="b", name="c"),
        ImageRef(registry="a", namespace="b", name="c", tag="another"),
        ImageRef(registry="a/b", name="c"),
        ImageRef(registry="a", name="b/c"),
        ImageRef(registry="a", namespace="b/c", name=""),
        ImageRef(registry="a/b", namespace="c", name=""),
        ImageRef(registry="a", namespace="b", name="c/1"),
        ImageRef(registry="a", namespace="b", name="c/2"),
        ImageRef(name="x" * 600 + "1"),
        ImageRef(name="x" * 600 + "2"),
        ImageRef(name="\ud800"),
        ImageRef(),
        ImageRef(),
    ]

    found = fingerprints(a_block(*(FailedImage(image=ref) for ref in refs)))

    assert len(set(found)) == len(refs) + 1


@pytest.mark.parametrize(("images", "shown"), [(MAX_RESULTS - 1, MAX_RESULTS - 1), (MAX_RESULTS, MAX_RESULTS - 2)])
def test_images_beyond_the_limit_of_an_upload_are_left_out_with_their_number(images: int, shown: int) -> None:
    text = render(a_block(*many_images(images)))

    results = json.loads(text)["runs"][0]["results"]
    assert [result["ruleId"] for result in results].count("image-not-scanned") == shown
    assert len(results) == MAX_RESULTS
    assert len(gzip.compress(text.encode())) <= 10_000_000
    last = results[-1]["message"]["text"]
    assert (last == "2 more images could not be scanned; the json report has them all.") is (shown < images)


def test_images_with_random_names_are_left_out_before_the_upload_is_too_large() -> None:
    """Such names cannot be compressed: 3,000 images would be more than GitHub takes."""
    chance = random.Random(1)
    names = ["".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(450)) for _ in range(3000)]

    text = render(a_block(*(a_failed_image(name, name[::-1]) for name in names)))

    results = json.loads(text)["runs"][0]["results"]
    left_out = results[-1]
    assert len(gzip.compress(text.encode())) <= 10_000_000
    assert left_out["ruleId"] == "more-images"
    assert left_out["message"]["text"].startswith(f"{3000 - (len(results) - 2)} more images ")
    # A reason and 3,000 images, halved until they fit.
    assert len(results) == 3001 // 2


def test_a_report_of_exactly_the_size_limit_is_whole_and_one_of_a_byte_more_is_not() -> None:
    outcome = a_block(*many_images(30))
    whole = render(outcome)
    compressor = zlib.compressobj(level=1)
    size = len(compressor.compress(whole.encode()) + compressor.flush())

    assert render(outcome, size) == whole
    assert "more-images" in render(outcome, size - 1)


def test_a_large_report_is_rendered_in_parts() -> None:
    parts = [*sarif.render(a_block(*many_images(MAX_RESULTS)))]

    assert sum(map(len, parts)) > 2_000_000
    assert max(map(len, parts)) <= 1_000_000


def test_a_report_without_a_task_says_nothing_of_what_was_scanned() -> None:
    assert not set(read(an_outcome(verdict=undecided(Unreachable("No."))))["properties"]) & {"Scope", "Images"}


def test_whatever_the_size_limit_the_reasons_and_the_number_of_images_left_out_stay() -> None:
    images = many_images(30)
    outcome = an_outcome(a_task(total=30, succeeded=0, failed=30, risky=9, failed_images=images))

    for max_size in range(0, 3000, 100):
        text = render(outcome, max_size)
        names = [result["ruleId"] for result in json.loads(text)["runs"][0]["results"]]
        assert len(gzip.compress(text.encode(), mtime=0)) <= max_size + 12 or len(names) <= 3
        assert names[:2] == ["too-many-failed", "too-many-risky"]
        assert (names[-1] == "more-images") is (len(names) < 32)


def test_the_words_of_each_rule_are_those_that_were_reviewed() -> None:
    """Code scanning keeps them with its alerts."""
    reviewed = json.loads(Path(__file__).with_name("sarif_rules.json").read_text(encoding="utf-8"))

    assert {name: asdict(rule) for name, rule in RULES.items()} == reviewed
