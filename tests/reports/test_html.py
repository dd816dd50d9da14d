"""The html report as text: one complete page, in which text from outside stays text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Interrupted, Unreachable
from gate.image import FailedImage, ImageRef, ImageState, Severity
from gate.outcome import Event, EventKind
from gate.policy import Decision, Policy, Reason, nothing_to_judge, undecided
from gate.policy_digest import policy_digest
from gate.reports import html
from gate.reports.html.images import MAX_IMAGES
from gate.reports.html.parts import duration, icon
from gate.reports.html.timeline import MAX_EVENTS
from gate.reports.size_limits import MAX_HTML_SIZE
from gate.scan import RISK_SCOPES, ScanScope, TaskState
from gate.text import one_line
from tests.builders import (
    NOW,
    a_context,
    a_digest,
    a_failed_image,
    a_finding,
    a_release,
    a_risky_image,
    a_task,
    an_image,
    an_outcome,
)
from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from gate.outcome import Outcome

EMPTY = {"meta", "input", "br"}
WITHOUT_OWN_TEXT = {"", "html", "head", "body", "header", "main", "section", "div", "dl", "ul", "details", "footer"}
WITHOUT_OWN_TEXT |= {"table", "thead", "tbody", "tr", "svg"}
STYLE = files("gate.reports.html").joinpath("page.css").read_text()


def render(outcome: Outcome) -> str:
    return "".join(html.render(outcome))


@dataclass
class Element:
    """One element of a page, as a browser would build it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Its own text and that of everything inside, in order."""
    own_words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Every element inside of this tag with these attributes; `class_` is one of its classes."""
        found = [inner for child in self.children for inner in (child, *child.all())]
        kind = attributes.pop("class_", "")
        return [
            element
            for element in found
            if tag in ("", element.tag)
            and (not kind or kind in element.attributes.get("class", "").split())
            and attributes.items() <= element.attributes.items()
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found


class Reader(HTMLParser):
    """Builds the elements, and fails if one is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of <{tag}> is there twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].own_words.append(data)
        for element in self.open:
            element.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def read(outcome: Outcome) -> Element:
    """The page of this outcome, if its structure is right."""
    reader = Reader()
    reader.feed(render(outcome))
    reader.close()
    (root,) = reader.open
    assert not reader.comments
    return root


def facts(page: Element) -> dict[str, str]:
    """The names and values in the page's lists of facts."""
    names, values = page.all("dt"), page.all("dd")
    return {name.text: value.text for name, value in zip(names, values, strict=True)}


def rows(table: Element) -> list[list[str]]:
    """The texts of a table's body."""
    lines = table.one("tbody").all("tr")
    return [[cell.text for cell in line.children] for line in lines]


def a_poll(at: float, **task: object) -> Event:
    return Event(kind=EventKind.POLL, at=at, task=a_task(**task) if task else None)  # type: ignore[arg-type]


def a_busy_run() -> tuple[Event, ...]:
    """Every kind of event, and every state that a poll can show."""
    return (
        Event(kind=EventKind.NOTE, at=0.0, text="Signed in."),
        a_poll(1.0),
        Event(kind=EventKind.PAUSE, at=1.0, text="there is no task yet", pause=5.0),
        a_poll(6.0, state=TaskState.RUNNING),
        a_poll(16.0, state=TaskState.RUNNING, progress=40),
        Event(kind=EventKind.RETRY, at=20.0, text="The cloud answered 503.", pause=3.5),
        Event(kind=EventKind.RETRY, at=24.0, text="The cloud answered 502."),
        a_poll(30.0, state=TaskState.UNKNOWN, raw_state="Reconciling"),
        a_poll(61.0, results_pending=2),
        a_poll(61.5),
    )


def a_hostile_outcome(text: str, *, asks_for_images: bool = False) -> Outcome:
    """This text in every field."""
    part = ImageRef(registry=text, namespace=text, name=text, tag=text, digest=text)
    image = FailedImage(image=part, reason=text)
    named = an_image(image=part, state=ImageState.UNKNOWN, raw_state=text, reason=text, moved_to=text or "x")
    images = (named, replace(named, state=ImageState.MISSING, listed_digest=text or "x"), a_risky_image(image=part))
    task = replace(
        a_task(id=text or "x", name=text, reason=text, raw_state=text, state=TaskState.UNKNOWN, failed_images=(image,)),
        type=text,
        images=images,
        asks_for_images=asks_for_images,
    )
    events = tuple(Event(kind=kind, at=9.0, text=text, task=task, pause=1.0) for kind in EventKind)
    verdict = nothing_to_judge(Reason(code=text, message=text))
    outcome = an_outcome(task, verdict=verdict, events=events, cloud=text or "x")
    return replace(outcome, gate_version=text or "x")


OUTCOMES = {
    "passed": an_outcome(events=a_busy_run()),
    "blocked": an_outcome(a_task(failed=1, succeeded=1, risky=2, failed_images=(a_failed_image(),))),
    "undecided": an_outcome(a_task(total=None, succeeded=None, failed=None, risky=None)),
    "without a task": an_outcome(verdict=undecided(Interrupted(15)), cloud=""),
    "a release": a_release(a_risky_image(), *(an_image(state, state) for state in ImageState)),
    "a task with a risky image": an_outcome(a_task(risky=1, images=(a_risky_image(),))),
}
every_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)


@every_outcome
def test_the_page_has_one_title_one_language_and_headings_in_order(outcome: Outcome) -> None:
    page = read(outcome)

    assert page.one("html").attributes["lang"] == "en"
    assert page.one("head").one("title").text
    assert [heading.tag for heading in page.all() if re.fullmatch("h[1-6]", heading.tag)] == ["h1", *["h2"] * 7]
    names = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(set(names)) == len(names)
    for section in page.all("section"):
        assert section.attributes["aria-labelledby"] in names


@every_outcome
def test_the_page_loads_nothing_and_links_to_nothing(outcome: Outcome) -> None:
    page = read(outcome)

    assert not {element.tag for element in page.all()} & {"link", "img", "a", "iframe", "base", "object", "form", "use"}
    assert not {name for element in page.all() for name in element.attributes} & {"src", "href", "action", "style"}
    assert "http:" not in render(outcome)
    assert "https:" not in render(outcome)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


@every_outcome
def test_only_the_pages_own_style_and_script_are_allowed_by_their_hashes(outcome: Outcome) -> None:
    text = render(outcome)
    (allowed,) = re.findall('<meta http-equiv="Content-Security-Policy" content="(.*?)">', text)
    hashes = {
        tag: b64encode(sha256(inline.encode()).digest()).decode()
        for tag, inline in re.findall(r"<(style|script)>(.*?)</\1>", text, flags=re.DOTALL)
    }

    assert dict(directive.split(" ") for directive in allowed.split("; ")) == {
        "default-src": "'none'",
        "style-src": f"'sha256-{hashes['style']}'",
        "script-src": f"'sha256-{hashes['script']}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style>")


def a_long_wait() -> tuple[Event, ...]:
    """More events than the page has room for."""
    return tuple(Event(kind=EventKind.NOTE, at=float(at), text=f"note {at}") for at in range(MAX_EVENTS + 5))


@pytest.mark.parametrize(
    "outcome",
    [
        *OUTCOMES.values(),
        an_outcome(events=a_long_wait()),
        an_outcome(a_task(results_pending=None)),
        a_release(a_risky_image(findings=(a_finding(),), findings_doubt="a page is missing")),
    ],
    ids=[*OUTCOMES, "a long wait", "two notes", "findings that are not all listed"],
)
def test_no_text_stands_between_the_elements_of_the_page(outcome: Outcome) -> None:
    page = read(outcome)
    own = [(element.tag, "".join(element.own_words).strip()) for element in (page, *page.all())]

    assert [(tag, text) for tag, text in own if tag in WITHOUT_OWN_TEXT and text] == []


@every_outcome
def test_every_picture_has_a_title_for_screen_readers(outcome: Outcome) -> None:
    page = read(outcome)
    pictures = [svg for parent in page.all() if parent.tag != "svg" for svg in parent.children if svg.tag == "svg"]

    assert pictures
    for picture in pictures:
        if picture.attributes.get("aria-hidden") != "true":
            assert picture.attributes["role"] == "img"
            assert picture.children[0].tag == "title"
            assert picture.children[0].text


@every_outcome
def test_every_table_has_a_label_and_every_header_cell_a_scope(outcome: Outcome) -> None:
    page = read(outcome)
    names = [element.attributes.get("id") for element in page.all("h2")]

    assert all(head.attributes["scope"] in {"col", "row"} for head in page.all("th"))
    assert all(table.attributes["aria-labelledby"] in names for table in page.all("table"))


@pytest.mark.parametrize(
    ("outcome", "word", "consequence"),
    [
        (an_outcome(), "Passed", "Judged, and within the policy: the release may go out."),
        (an_outcome(a_task(risky=1)), "Blocked", "Judged, and outside the policy: the release may not go out."),
        (
            an_outcome(verdict=undecided(Unreachable("No."))),
            "Undecided",
            "The gate could not judge, and what is not judged may not go out.",
        ),
        (
            an_outcome(a_task(risky=1), policy=Policy(warn_only=True)),
            "Blocked",
            "A warning only: the policy lets the job continue.",
        ),
    ],
)
def test_the_verdict_comes_first_and_says_what_it_means(outcome: Outcome, word: str, consequence: str) -> None:
    page = read(outcome)
    verdict = page.one("body").children[0]

    assert verdict.tag == "header"
    assert verdict.one("h1").text == f"Image scan {word}"
    assert page.one("body").attributes["class"] == word.lower() == outcome.verdict.decision
    assert verdict.one("p", class_="consequence").text == consequence
    assert page.one("head").one("title").text.startswith(f"Image scan {outcome.verdict.decision}")


@every_outcome
def test_the_page_agrees_with_the_verdict(outcome: Outcome) -> None:
    header = read(outcome).one("header")

    assert [reason.one("span").text for reason in header.all("li")] == [
        reason.message for reason in outcome.verdict.reasons
    ]
    assert [reason.one("code").text for reason in header.all("li")] == [
        reason.code for reason in outcome.verdict.reasons
    ]
    assert facts(header)["Exit code"] == str(int(outcome.exit_code))


def test_a_verdict_that_is_not_enforced_says_so_and_names_both_codes() -> None:
    strict, lenient = (an_outcome(a_task(risky=1), policy=Policy(warn_only=warn)) for warn in (False, True))

    assert facts(read(strict).one("header"))["Enforced"] == "yes"
    assert facts(read(lenient).one("header"))["Enforced"] == "no warning only"
    assert facts(read(lenient).one("header"))["Exit code"] == "0 in place of 1"


def test_counts_are_compared_with_their_limits() -> None:
    task = a_task(total=9000, succeeded=7000, failed=1, risky=3)
    page = read(an_outcome(task, policy=Policy(max_failed=2, max_risky=4)))
    table = page.one("table", class_="counts")

    assert [row[:3] for row in rows(table)] == [
        ["In all", "9,000", ""],
        ["Scanned", "7,000", ""],
        ["Failed", "2,000", "2"],
        ["Risky", "3", "4"],
    ]
    assert [bar.one("title").text for bar in table.all("svg")] == [
        "In all: 9,000",
        "Scanned: 7,000",
        "Failed: 2,000, limit 2",
        "Risky: 3, limit 4",
    ]
    assert [note.text for note in table.all("span", class_="note")] == [
        "1,998 over the limit; the cloud states 1",
        "within the limit",
    ]


def test_a_bar_shows_the_limit_and_the_shares_within_and_over_it() -> None:
    task = a_task(total=100, succeeded=80, failed=20, risky=0)
    page = read(an_outcome(task, policy=Policy(max_failed=5, max_risky=400)))
    failed, risky = page.one("table", class_="counts").all("svg")[2:]

    assert failed.one(class_="within").attributes["width"] == "5.00%"
    assert failed.one(class_="over").attributes["x"] == "5.00%"
    assert failed.one(class_="over").attributes["width"] == "15.00%"
    assert failed.one(class_="limit").attributes["x1"] == "5.00%"
    assert not risky.all(class_="within") + risky.all(class_="over") + risky.all(class_="limit")


def test_a_limit_as_large_as_the_largest_count_is_drawn_at_the_end() -> None:
    page = read(an_outcome(a_task(total=5, succeeded=5, risky=0), policy=Policy(max_failed=5, max_risky=6)))
    failed, risky = page.one("table", class_="counts").all("svg")[2:]

    assert failed.one(class_="limit").attributes["x1"] == "100.00%"
    assert not risky.all(class_="limit")


def test_a_limit_above_counts_that_are_all_0_is_not_drawn() -> None:
    page = read(an_outcome(a_task(total=0, succeeded=0, failed=0, risky=0), policy=Policy(max_failed=1)))

    assert not page.one("table", class_="counts").one("tbody").all("tr")[2].all(class_="limit")


@pytest.mark.parametrize(("total", "risky"), [(1_000_000, 1), (0, 5), (3, 10**30)])
def test_no_bar_is_invisible_or_wider_than_its_cell(total: int, risky: int) -> None:
    page = read(an_outcome(a_task(total=total, succeeded=total, risky=risky)))
    over = page.one("table", class_="counts").one(class_="over").attributes

    start, width = (float(over.get(name, "0%").removesuffix("%")) for name in ("x", "width"))
    assert 0.8 <= width <= 100
    assert start + width <= 100.8


def test_one_image_of_a_million_is_wide_enough_to_be_seen_and_no_wider() -> None:
    page = read(an_outcome(a_task(total=1_000_000, succeeded=1_000_000, risky=1)))

    assert page.one("table", class_="counts").one(class_="over").attributes["width"] == "0.80%"


def test_a_count_that_the_cloud_did_not_give_is_unknown_and_not_zero() -> None:
    table = read(OUTCOMES["undecided"]).one("table", class_="counts")

    assert {row[1] for row in rows(table)} == {"unknown"}
    assert [note.text for note in table.all("span", class_="note")] == ["not known", "not known"]
    assert len(table.all(class_="unknown")) == 4
    assert not table.all(class_="is-over")


def test_a_task_that_does_not_search_for_risks_shows_no_count_of_them() -> None:
    page = read(an_outcome(a_task(risky=None, risk_applies=False)))

    assert [row[0] for row in rows(page.one("table", class_="counts"))] == ["In all", "Scanned", "Failed"]
    assert [note.text for note in page.one("section", id="counts").all("p", class_="quiet")] == [
        "Tasks of this kind do not search for risks, so there is no count of risky images."
    ]


@pytest.mark.parametrize(
    ("results_pending", "words"),
    [
        (2, ["Results are still missing: 2 images without one."]),
        (None, ["Whether the results of all images are there has not been polled yet."]),
        (0, []),
    ],
)
def test_missing_results_are_mentioned(results_pending: int | None, words: list[str]) -> None:
    section = read(an_outcome(a_task(results_pending=results_pending))).one("section", id="counts")
    not_judged = ["These are the counts of the last poll; the gate did not judge by them."] if words else []

    assert [note.text for note in section.all("p", class_="quiet")] == [*words, *not_judged]


def test_without_a_task_there_is_text_in_place_of_numbers() -> None:
    page = read(OUTCOMES["without a task"])

    assert not page.all("table")
    assert page.one("title").text == "Image scan undecided"
    assert facts(page)["Images"] == "unknown"
    assert facts(page)["Cloud"] == "not known"
    assert "No scan task was seen" in page.one("section", id="counts").text
    assert "No scan task was seen" in page.one("section", id="task").text
    assert "before the first poll" in page.one("section", id="timeline").text
    assert "names none" in page.one("section", id="named").text


def test_failed_images_are_listed_with_their_reasons_and_can_be_read_without_a_script() -> None:
    nameless = FailedImage(image=ImageRef())
    task = a_task(failed=2, succeeded=1, failed_images=(a_failed_image("shop", "too big"), nameless))
    section = read(an_outcome(task)).one("section", id="named")

    assert rows(section.one("table")) == [
        ["swr/team/shop:1.0", "failed", "too big"],
        ["unnamed", "failed", "no reason given"],
    ]
    assert "hidden" not in section.one("table").attributes
    assert "hidden" in section.one("div", class_="filter").attributes
    assert section.one("label").attributes["for"] == section.one("input").attributes["id"]
    assert section.one("p", role="status").text == "2 images"


def test_the_images_of_a_release_are_listed_the_worst_first_with_what_was_found() -> None:
    clean = an_image("clean", moved_to=a_digest("b"))
    missing = an_image("missing", ImageState.MISSING)
    failed = an_image("failed", ImageState.FAILED, reason="too big")
    section = read(a_release(clean, missing, failed, a_risky_image("risky"))).one("section", id="named")

    name, scanned = "swr/team/{}:1.0@" + a_digest(), "scanned 2026-01-31T11:55:00Z"
    assert rows(section.one("table")) == [
        [
            name.format("risky"),
            "risky",
            f"Vulnerabilities: 2 high, 5 medium7 vulnerabilities (2 high, 5 medium){scanned}",
        ],
        [name.format("failed"), "failed", "too big"],
        [name.format("missing"), "missing", "the cloud does not list this digest"],
        [
            name.format("clean"),
            "no risks",
            f"{scanned}the tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest",
        ],
    ]
    assert [row.attributes.get("class", "") for row in section.one("tbody").all("tr")] == ["is-bad", "is-bad", "", ""]


def bars(*images: ScannedImage) -> list[list[tuple[str, str, str]]]:
    """The class, the start and the width of each part of the bars of these images."""
    found = [row.all("svg") for row in read(a_release(*images)).one("table", id="images").one("tbody").all("tr")]
    return [
        [tuple(part.attributes[name] for name in ("class", "x", "width")) for part in svgs[0].all("rect")]  # type: ignore[misc] # three names
        if svgs
        else []
        for svgs in found
    ]


def test_the_parts_of_a_bar_stand_behind_each_other() -> None:
    (parts,) = bars(a_risky_image("a", severities={Severity.HIGH: 25, Severity.MEDIUM: 25, Severity.LOW: 50}))

    assert [(x, width) for _, x, width in parts] == [("0.00%", "25.00%"), ("25.00%", "25.00%"), ("50.00%", "50.00%")]


def test_a_bar_shows_the_vulnerabilities_by_severity_and_all_bars_have_one_scale() -> None:
    most = a_risky_image("a", severities={Severity.LOW: 60, Severity.CRITICAL: 40})
    few = a_risky_image("b", severities={Severity.HIGH: 25, Severity.MEDIUM: 0, Severity.UNKNOWN: 5})

    assert bars(most, few, an_image("c"), an_image("d", severities={Severity.HIGH: 0, Severity.NONE: 9})) == [
        [("level-critical", "0.00%", "40.00%"), ("level-low", "40.00%", "60.00%")],
        [("level-unknown", "0.00%", "5.00%"), ("level-high", "5.00%", "25.00%")],
        [],
        [],
    ]


def test_an_image_without_vulnerabilities_has_nothing_in_place_of_its_bar() -> None:
    page = read(a_release(an_image(severities={Severity.HIGH: 0})))

    assert [row[2] for row in rows(page.one("table", id="images"))] == ["scanned 2026-01-31T11:55:00Z"]


@pytest.mark.parametrize("count", [1, 7, 10**30])
def test_no_part_of_a_bar_is_invisible_and_no_bar_is_wider_than_its_cell(count: int) -> None:
    counts = dict.fromkeys(Severity, 1) | {Severity.LOW: count}
    for bar in bars(a_risky_image(severities=counts), a_risky_image(severities=dict.fromkeys(Severity, 1))):
        places = [(float(start[:-1]), float(width[:-1])) for _, start, width in bar]

        assert len(bar) == 5
        assert all(width > 1 for _, width in places)
        assert all(start + width <= 100.01 for start, width in places)


def test_one_vulnerability_of_a_thousand_is_wide_enough_to_be_seen_and_no_wider() -> None:
    most, few = a_risky_image("a", severities={Severity.LOW: 1000}), a_risky_image("b", severities={Severity.HIGH: 1})

    assert [width for bar in bars(most, few) for _, _, width in bar] == ["100.00%", "2.00%"]


def test_an_image_that_is_left_out_does_not_make_the_bars_of_the_others_shorter() -> None:
    shown = [a_risky_image(str(number), severities={Severity.LOW: 1}) for number in range(MAX_IMAGES)]

    assert bars(*shown, an_image("left-out", severities={Severity.LOW: 9}))[0] == [("level-low", "0.00%", "100.00%")]


def sort_keys(*images: ScannedImage) -> list[list[str]]:
    cells = [row.all("td") for row in read(a_release(*images)).one("table", id="images").one("tbody").all("tr")]
    return [[cell.attributes["data-by"] for cell in row] for row in cells]


def test_results_are_sorted_by_how_bad_they_are() -> None:
    by_result = [an_image(is_risky=True), *(an_image(state, state) for state in ImageState)]

    keys = [int(result) for result, _ in sort_keys(*by_result)]

    assert keys == [0, 1, 2, 2, 2, 2, 2, 2, 3]


def test_details_are_sorted_by_the_number_of_findings_of_the_highest_severity() -> None:
    worst_first: list[dict[str, Any]] = [
        {"severities": {Severity.UNKNOWN: 1}},
        {"severities": {Severity.CRITICAL: 10**9, Severity.HIGH: 1}},
        {"severities": {Severity.CRITICAL: 10**9}},
        {"severities": {Severity.CRITICAL: 99_998}},
        {"severities": {Severity.CRITICAL: 1, Severity.LOW: 9}},
        {"severities": {}, "highest": Severity.CRITICAL},
        {"severities": {Severity.HIGH: 12}},
        {"severities": {Severity.HIGH: 11}, "kinds": {ScanScope.MALICIOUS_FILE: 10**9}},
        {"severities": {}, "highest": Severity.HIGH, "kinds": {ScanScope.VULNERABILITY: 2, ScanScope.BASELINE: 1}},
        {"severities": {}, "highest": Severity.HIGH, "kinds": {ScanScope.VULNERABILITY: 2}},
        {"severities": {}, "highest": Severity.LOW, "kinds": {}},
        {"severities": {}, "highest": Severity.NONE, "kinds": {}},
    ]

    nothing: dict[str, Any] = {"highest": None, "kinds": {}}
    keys = [details for _, details in sort_keys(*(a_risky_image(**nothing | fields) for fields in worst_first))]

    assert keys == sorted(set(keys))
    assert {len(key) for key in keys} == {30}


def test_a_release_that_passed_says_when_its_images_were_scanned() -> None:
    header = read(a_release(an_image("web"), an_image("api"))).one("header")

    assert header.one("p", class_="consequence").text == (
        "2 of 2 images, all scanned since they were pushed: the release may go out."
    )


def test_the_scans_of_a_release_are_described_and_are_no_task() -> None:
    section = read(a_release(an_image(scopes=RISK_SCOPES), an_image("api", ImageState.WAITING))).one(
        "section", id="task"
    )

    assert section.one("h2").text == "Scans"
    assert facts(section) == {
        "Cloud": "huawei",
        "Scope": "baseline, malicious-file, vulnerability",
        "Images": "those that were asked for",
        "State": "1 of 2 scanned, 1 waiting for the scan",
        "Last scan ended": "2026-01-31T11:55:00Z",
    }


@pytest.mark.parametrize(
    ("risky", "notes"), [(1, []), (2, ["The cloud names 1 risky image and counts 2; the count decides."])]
)
def test_where_a_task_counts_more_risky_images_than_it_names_the_page_says_so(risky: int, notes: list[str]) -> None:
    section = read(an_outcome(a_task(risky=risky, images=(a_risky_image(),)))).one("section", id="named")

    assert [note.text for note in section.all("p", class_="left-out")] == notes


def test_the_events_are_listed_in_order() -> None:
    events = read(an_outcome(events=a_busy_run())).one("table", class_="events")

    assert rows(events) == [
        ["0 s", "note", "Signed in."],
        ["1 s", "poll", "no scan task yet"],
        ["1 s", "pause", "there is no task yet (next poll in 5 s)"],
        ["6 s", "poll", "running"],
        ["16 s", "poll", "running, 40 %"],
        ["20 s", "retry", "The cloud answered 503. (next try in 3.5 s)"],
        ["24 s", "retry", "The cloud answered 502."],
        ["30 s", "poll", "unknown (Reconciling)"],
        ["1 min 1 s", "poll", "complete, 2 images without a result"],
        ["1 min 2 s", "poll", "no scan task yet"],
    ]


def test_the_table_of_events_is_nothing_but_its_rows() -> None:
    page = "".join(html.render(an_outcome(events=(*a_busy_run(), *a_busy_run()))))
    _, _, table = page.partition("<summary>20 events as a table</summary>")

    assert re.sub(r"<tr>.*?</tr>\n", "", table.partition("<tbody>\n")[2].partition("</table>")[0]) == "</tbody>\n"


@pytest.mark.parametrize("number", [MAX_EVENTS, MAX_EVENTS + 1])
def test_so_many_events_are_all_in_the_table_and_one_more_is_left_out(number: int) -> None:
    events = tuple(Event(kind=EventKind.NOTE, at=float(at), text=f"note {at}") for at in range(number))
    found = rows(read(an_outcome(events=events)).one("table", class_="events"))

    assert len([row for row in found if len(row) == 3]) == MAX_EVENTS
    assert [row for row in found if len(row) == 1] == [["1 event left out here"]] * (number - MAX_EVENTS)


def test_the_picture_of_the_time_has_a_lane_for_each_kind_of_event() -> None:
    picture = read(an_outcome(events=a_busy_run())).one("div", class_="timeline")
    progress, *others = (svg.children[0].text for svg in picture.all("svg", role="img"))

    assert progress == "Progress over time: 6 polls; at last no task yet"
    assert others == ["Pauses: 1", "Retries: 2", "Notes: 1", "Time: 1 min 2 s in all"]
    assert len(picture.all("svg", class_="retry")) == 2
    assert len(picture.all("rect", class_="pause")) == 2
    assert [text.text for text in picture.all("text")][:3] == ["no task yet", "no task yet", "unknown"]


def test_progress_is_drawn_where_it_is_known_and_nowhere_else() -> None:
    events = [a_poll(at, state=TaskState.RUNNING, progress=progress) for at, progress in ((0, 10), (1, 140), (3, 20))]
    events.insert(2, a_poll(2))
    picture = read(replace(an_outcome(events=tuple(events)), seconds=4.0)).one("div", class_="timeline")

    assert [line.attributes["points"] for line in picture.all("polyline")] == ["0,109.2 25,30", "75,100.4"]
    assert [(dot.attributes["class"], dot.attributes["cx"], dot.attributes["cy"]) for dot in picture.all("circle")] == [
        ("poll", "0%", "109.2"),
        ("poll", "25%", "30"),
        ("poll unknown", "50%", "118"),
        ("poll", "75%", "100.4"),
    ]
    assert "○ not known" in picture.text


def test_a_run_without_a_poll_has_none_in_its_picture() -> None:
    retry = Event(kind=EventKind.RETRY, at=0.0, text="The cloud cannot be reached.", pause=1.0)
    picture = read(replace(an_outcome(events=(retry,)), seconds=0.0)).one("div", class_="timeline")

    assert picture.all("svg", role="img")[0].children[0].text == "Progress over time: 0 polls"
    assert not picture.all("circle")


@pytest.mark.parametrize("seconds", [0.0, 0.05, 1, 61.5, 900, 86_399, 10.0**7])
def test_everything_in_the_picture_is_inside_of_it(seconds: float) -> None:
    moments = (-1.0, 0.0, seconds / 3, seconds, seconds + 5)
    events = tuple(Event(kind=kind, at=at, pause=10.0**6) for at in moments for kind in EventKind)
    picture = read(replace(an_outcome(events=events), seconds=seconds)).one("div", class_="timeline")

    places = [element for element in picture.all() if element.attributes.get("x", "").endswith("%")]
    assert places
    for place in places:
        x, width = (float(place.attributes.get(name, "0%").removesuffix("%")) for name in ("x", "width"))
        assert 0 <= x <= x + width <= 100.01
    assert 1 <= len(picture.all("line", class_="tick")) <= 5


def test_events_at_the_same_position_are_one_mark_with_their_number() -> None:
    events = tuple(Event(kind=EventKind.NOTE, at=number / 1000, text=f"note {number}") for number in range(3))

    for count, words in enumerate(["0 s: note 0", "0 s: note 1 (and 1 more here)", "0 s: note 2 (and 2 more here)"], 1):
        assert read(an_outcome(events=events[:count])).one("svg", class_="note").text == words


def test_policy_task_and_run_are_described() -> None:
    policy = Policy(max_failed=1, max_risky=2000, max_age=timedelta(hours=36), started_after=NOW)
    task = replace(a_task(progress=100), ended_at=NOW - timedelta(minutes=1))
    found = facts(read(an_outcome(task, policy=policy, events=a_busy_run())).one("main"))

    assert found == {
        "Failed images allowed": "1",
        "Risky images allowed": "2,000",
        "Age of a scan": "at most 36 h",
        "Scan started": "after 2026-01-31T12:00:00Z",
        "Required scope": "baseline, malicious-file, vulnerability",
        "Counts may change for": "1 min",
        "Blocked": "stops the job",
        "Undecided": "stops the job",
        "Cloud": "huawei",
        "Name": "nightly",
        "Id": "task-1",
        "Scope": "baseline, malicious-file, vulnerability",
        "Images": "all",
        "Image type": "registry",
        "Trigger": "manual",
        "State": "complete",
        "State in the cloud's words": "100",
        "Progress": "100 %",
        "Started": "2026-01-31T11:55:00Z",
        "Ended": "2026-01-31T11:59:00Z",
        "Waited": "1 min 2 s",
        "Polls": "6",
        "Retries": "2",
        "Policy digest": policy_digest(policy),
        "Version of the gate": "0.1.0",
        "Report made": "2026-01-31T12:00:00Z",
    }


def test_a_lenient_policy_and_a_task_with_few_fields_are_described_too() -> None:
    policy = Policy(max_age=None, warn_only=True, warn_undecided=True)
    found = facts(read(an_outcome(a_task(name="", started_at=None), policy=policy)))

    assert found["Age of a scan"] == "any"
    assert found["Scan started"] == "at any time"
    assert found["Blocked"] == "is a warning only"
    assert found["Undecided"] == "is a warning only (exit codes 4 to 7)"
    assert (found["Name"], found["Started"], found["Progress"]) == ("not known", "not known", "not known")


@pytest.mark.parametrize(("age", "words"), [(0, "0 h"), (1800, "0.5 h"), (3601, "1.00028 h"), (86_400, "24 h")])
def test_the_maximum_age_of_a_scan_is_shown_in_hours(age: int, words: str) -> None:
    found = facts(read(an_outcome(policy=Policy(max_age=timedelta(seconds=age)))))

    assert found["Age of a scan"] == f"at most {words}"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.04, "0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min"),
        (60, "1 min"),
        (3599.6, "1 h"),
        (7320, "2 h 2 min"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_changes_nothing_of_the_page_but_its_words(text: str) -> None:
    def structure(text: str) -> list[tuple[str, dict[str, str]]]:
        outcomes = [a_hostile_outcome(text, asks_for_images=asks_for_images) for asks_for_images in (False, True)]
        return [(element.tag, element.attributes) for outcome in outcomes for element in read(outcome).all()]

    def without_bdi(elements: list[tuple[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
        return [element for element in elements if element[0] != "bdi"]

    assert without_bdi(structure(text)) == without_bdi(structure("shop"))
    assert one_line(text) in read(a_hostile_outcome(text)).one("head").one("title").words[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_cannot_change_the_direction_of_the_text_around_it(text: str) -> None:
    page = render(a_hostile_outcome(text)) + render(a_hostile_outcome(text, asks_for_images=True))

    assert not set(page) & set("\x00\x1b\r\x85\u2028\u2029\u200b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    page.encode()


def test_text_from_outside_is_in_no_attribute_style_or_script() -> None:
    mark = "marked4711"
    page = read(a_hostile_outcome(mark))

    assert [element for element in page.all() if mark in str(element.attributes)] == []
    assert mark not in page.one("style").text + page.one("script").text
    assert render(a_hostile_outcome(mark)).count(mark) > 15


def test_neither_style_nor_script_can_end_early() -> None:
    for name in ("page.css", "page.js"):
        text = files("gate.reports.html").joinpath(name).read_text()
        assert "</" not in text
        assert "<!--" not in text


def test_failed_images_beyond_the_limit_are_left_out_and_counted() -> None:
    count = MAX_IMAGES + 1
    failed = tuple(a_failed_image(str(number)) for number in range(count))
    section = read(an_outcome(a_task(total=count, succeeded=0, failed=count, failed_images=failed))).one(
        "section", id="named"
    )

    assert len(rows(section.one("table"))) == MAX_IMAGES
    assert section.one("p", class_="left-out").text == "1 more image is left out here; the json report has them all."


def test_up_to_the_limit_all_are_there() -> None:
    failed = tuple(a_failed_image(str(number)) for number in range(MAX_IMAGES))
    page = read(an_outcome(a_task(total=9, succeeded=0, failed=9, failed_images=failed)))

    assert len(rows(page.one("table", id="images"))) == MAX_IMAGES
    assert not page.all("p", class_="left-out")


def test_a_long_reason_is_shown_whole() -> None:
    reason = "x" * 3000

    assert reason in render(an_outcome(verdict=nothing_to_judge(Reason(code="code", message=reason))))


def test_the_address_of_a_job_is_never_cut() -> None:
    address = f"https://git.example/jobs/{'8' * 600}"
    link = read(replace(an_outcome(), context=a_context(url=address))).one("section", id="context").all("a")[-1]

    assert link.attributes["href"] == address


def test_doubt_and_warning_of_an_image_are_shown_whole_beside_each_other() -> None:
    doubt, warning = "d" * 450, "w" * 450
    section = read(a_release(an_image(is_risky=None, findings_doubt=doubt, warning=warning))).one("section", id="named")

    assert section.one("tbody").one("p").text == f"{doubt}; {warning}"


@pytest.mark.parametrize("images", [0, 20_000], ids=["failed images of a task", "images that were asked for"])
def test_the_worst_page_keeps_the_size_limit_and_says_what_is_left_out(images: int) -> None:
    worst = "'" * 10_000
    failed = tuple(a_failed_image(worst, worst) for _ in range(20_000))
    found: dict[str, Any] = {"severities": dict.fromkeys(Severity, 7), "kinds": dict.fromkeys(ScanScope, 7)}
    named = a_risky_image(image=ImageRef(name=worst), moved_to=worst, **found)
    task = replace(a_task(name=worst, id=worst, raw_state=worst, state=TaskState.UNKNOWN, failed_images=failed))
    task = replace(task, images=(named,) * images, asks_for_images=images > 0)
    events = tuple(
        Event(kind=kind, at=number / 10, text=worst, task=task, pause=1.0)
        for number in range(20_000)
        for kind in EventKind
    )
    page = render(replace(an_outcome(task, events=events), seconds=2000.0))
    shown = page.count('<th scope="row" dir="auto">')

    assert MAX_HTML_SIZE / 2 < len(page.encode()) <= MAX_HTML_SIZE
    assert f"{20_000 - shown} more images are left out here; the json report has them all." in page
    assert f"{20_000 * len(EventKind) - MAX_EVENTS:,} events left out here" in page


def test_of_a_long_wait_the_start_and_the_end_are_listed() -> None:
    found = rows(read(an_outcome(events=a_long_wait())).one("table", class_="events"))

    assert len(found) == MAX_EVENTS + 1
    assert found[MAX_EVENTS // 2] == ["5 events left out here"]
    assert found[0][2] == "note 0"
    assert found[-1][2] == f"note {MAX_EVENTS + 4}"


def test_the_same_outcome_makes_the_same_page() -> None:
    assert render(OUTCOMES["blocked"]) == render(OUTCOMES["blocked"])


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(decision: Decision, scheme: str) -> None:
    light, dark = STYLE.split("@media screen and (prefers-color-scheme: dark)")
    colours = _colours(light, decision) | (_colours(dark, decision) if scheme == "dark" else {})

    for background in ("paper", "tint"):
        for ink in ("ink", "muted", "accent"):
            assert _contrast(colours[ink], colours[background]) >= 4.5, (ink, background)
    assert _contrast(colours["over"], colours["paper"]) >= 4.5
    assert _contrast(colours["critical"], colours["paper"]) >= 3
    assert _contrast(colours["medium"], colours["paper"]) >= 3
    assert _contrast(colours["focus"], colours["paper"]) >= 3
    assert _contrast(colours["bar"], colours["paper"]) >= 3


def _colours(style: str, decision: Decision) -> dict[str, str]:
    (root,) = re.findall(r":root \{(.*?)\}", style.split("@media print", maxsplit=1)[0], flags=re.DOTALL)
    (own,) = re.findall(rf"\.{decision} \{{(.*?)\}}", style)
    return dict(re.findall(r"--(\w+): (#\w{6});", root + own))


def _contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at:until], 16) / 255 for at, until in pairwise((1, 3, 5, 7)))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("decision", "outline"),
    [
        (Decision.PASSED, '<circle cx="20" cy="20" r="18"/><path d="M12 20.5l5.5 5.5L28.5 14.5"/>'),
        (Decision.BLOCKED, '<path d="M12.5 2h15L38 12.5v15L27.5 38h-15L2 27.5v-15z"/><path d="M12 20h16"/>'),
        (Decision.UNDECIDED, '<path d="M20 3l18 33H2z"/><path d="M20 15v10M20 30v.5"/>'),
    ],
    ids=["a circle with a tick", "an octagon with a bar", "a triangle with an exclamation mark"],
)
def test_each_verdict_has_an_outline_of_its_own(decision: Decision, outline: str) -> None:
    assert f">{outline}</svg>" in icon(decision)
