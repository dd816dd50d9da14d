"""The html report in a real Chromium: its policy, its filter, and its light, dark and printed styles.

Without Chromium these tests skip, unless NEEDS_BROWSER is set, as the project's own check does.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.image import FailedImage, ImageRef, ImageState, Severity
from gate.outcome import Event, EventKind
from gate.reports.html import render
from gate.reports.html.images import MAX_IMAGES
from gate.scan import TaskState
from gate.text import one_line
from tests.builders import a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tools.browser import browser, chromium
from tools.pictures import blocked, release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gate.outcome import Outcome
    from tools.browser import Page

REASON = "" if chromium() or os.environ.get("NEEDS_BROWSER") else "there is no Chromium here"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(bool(REASON), reason=REASON or "Chromium is here"),
]
ATTACKS = (
    *HOSTILE.values(),
    "</title><script>window.stung=1</script>",
    "</style></script><script>window.stung=1</script>",
    '"><svg onload=window.stung=1>',
    "'><img src=x onerror=window.stung=1>",
    "--><script>window.stung=1</script><!--",
    "]]></title></svg><iframe srcdoc='<script>parent.stung=1</script>'>",
    "&lt;script&gt;window.stung=1&lt;/script&gt;",
    "javascript:window.stung=1",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.stung=1>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example><link rel=stylesheet href=//evil.example/x.css>",
)


@pytest.fixture(scope="module")
def chromium_page() -> Iterator[Page]:
    """One browser for all tests of this module."""
    with browser() as page:
        yield page


@pytest.fixture
def page(chromium_page: Page, tmp_path: Path) -> Page:
    """A realistic page, open in a desktop window."""
    return show(chromium_page, tmp_path, blocked())


def show(page: Page, folder: Path, outcome: Outcome, **window: Any) -> Page:
    """Writes the page of this outcome and opens it, without a warning of the browser."""
    file = folder / "report.html"
    file.write_text("".join(render(outcome)), encoding="utf-8")
    page.open(file, **window)
    assert warnings(page) == []
    assert [asked["request"]["url"] for asked in page.events_named("Network.requestWillBeSent")] == [file.as_uri()]
    return page


def warnings(page: Page) -> list[dict[str, Any]]:
    """Errors, warnings and violations of the page's own policy."""
    return [
        *page.events_named("Log.entryAdded"),
        *page.events_named("Runtime.exceptionThrown"),
        *page.events_named("Runtime.consoleAPICalled"),
        *page.events_named("Audits.issueAdded"),
    ]


def type_into_filter(page: Page, words: str) -> tuple[int, str]:
    """Types these words; returns how many images are still visible, and how many the page says."""
    page.run("document.querySelector('#words').value = ''; document.querySelector('#words').focus()")
    page.call("Input.insertText", text=words)
    if not words:
        page.run("document.querySelector('#words').dispatchEvent(new Event('input'))")
    shown = page.run("[...document.querySelectorAll('#images tbody tr')].filter(row => row.offsetHeight).length")
    return shown, page.run("document.querySelector('#shown').textContent")


def a_hostile_outcome(text: str, *, is_release: bool = False) -> Outcome:
    image = FailedImage(image=ImageRef(registry=text, name=text), reason=text)
    named = replace(a_risky_image(image=image.image), moved_to=text)
    missing = replace(named, state=ImageState.MISSING, listed_digest=text)
    task = a_task(id=text or "x", name=text, state=TaskState.UNKNOWN, raw_state=text, failed_images=(image,))
    if is_release:
        task = replace(task, images=(an_image(state=ImageState.FAILED, image=image.image, reason=text), named, missing))
        task = replace(task, asks_for_images=True)
    events = tuple(Event(kind=kind, at=1.0, text=text, task=task) for kind in EventKind)
    return replace(an_outcome(task, events=events, cloud=text), gate_version=text)


@pytest.mark.parametrize("outcome", [blocked(), release()], ids=["a task", "a release"])
@pytest.mark.parametrize("font_size", [16, 18, 20, 24])
@pytest.mark.parametrize("width", [320, 360, 768, 1400])
def test_the_page_fits_every_window_with_every_font(
    chromium_page: Page, tmp_path: Path, outcome: Outcome, width: int, font_size: int
) -> None:
    """A larger font is as wide as the wider one that another machine may have."""
    page = show(chromium_page, tmp_path, outcome, width=width)
    page.run(f"document.documentElement.style.fontSize = '{font_size}px'")

    assert page.run("innerWidth") == width
    assert page.run("document.documentElement.scrollWidth") == width
    assert page.run(
        "[...document.querySelectorAll('main *, header *')].every(one => {"
        f"const box = one.getBoundingClientRect(); return box.left >= -1 && box.right <= {width + 1}; }})"
    )


def test_a_script_that_is_not_the_pages_own_is_not_run(page: Page) -> None:
    page.run(
        "(() => { const other = document.createElement('script'); other.textContent = 'window.stung = 1';"
        "document.body.append(other); document.body.setAttribute('onclick', 'window.stung = 1');"
        "document.body.click(); document.body.setAttribute('style', 'color: red'); })()"
    )

    assert page.run("typeof window.stung") == "undefined"
    assert page.run("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    assert warnings(page) != []


def test_the_page_can_fetch_nothing(page: Page) -> None:
    assert page.run("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')") == "refused"


@pytest.mark.parametrize("is_release", [False, True], ids=["a task", "a release"])
@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_text_is_shown_and_not_run(chromium_page: Page, tmp_path: Path, text: str, *, is_release: bool) -> None:
    page = show(chromium_page, tmp_path, a_hostile_outcome(text, is_release=is_release))

    assert page.run("typeof window.stung") == "undefined"
    assert page.run("document.scripts.length + document.styleSheets.length") == 2
    assert page.run("document.querySelectorAll('img, iframe, a, link, base, math').length") == 0
    assert (one_line(text) or "no reason given") in page.run(
        "[...document.querySelectorAll('#images td p')].map(one => one.textContent)"
    )


def test_the_filter_hides_and_shows(page: Page) -> None:
    assert type_into_filter(page, "billing") == (3, "3 of 12 images")
    assert type_into_filter(page, "OVERSIZED  billing") == (1, "1 of 12 images")
    assert type_into_filter(page, "no such image") == (0, "0 of 12 images")
    assert type_into_filter(page, "") == (12, "12 images")


def names(page: Page) -> list[str]:
    """The names of the images in the order of the page."""
    found: list[str] = page.run("[...document.querySelectorAll('#images tbody th')].map(cell => cell.textContent)")
    return [name.removeprefix("swr/team/").partition(":")[0] for name in found]


def sort_by(page: Page, column: str) -> tuple[list[str], list[str | None]]:
    """Presses the button of a column; returns the names in their new order, and how each column is sorted."""
    page.run(f"[...document.querySelectorAll('#images button')].find(one => one.textContent === '{column}').click()")
    sorted_by: list[str | None] = page.run(
        "[...document.querySelectorAll('#images thead th')].map(head => head.getAttribute('aria-sort'))"
    )
    return names(page), sorted_by


def a_release_to_sort() -> Outcome:
    few = a_risky_image("image-10", severities={Severity.MEDIUM: 9})
    many = a_risky_image("image-2", severities={Severity.HIGH: 3})
    return a_release(few, many, an_image("image-1"), an_image("image-3", ImageState.MISSING))


def test_the_images_are_sorted_by_any_column_and_back(chromium_page: Page, tmp_path: Path) -> None:
    page = show(chromium_page, tmp_path, a_release_to_sort())

    assert names(page) == ["image-10", "image-2", "image-3", "image-1"]
    assert sort_by(page, "Details") == (["image-2", "image-10", "image-3", "image-1"], [None, None, "ascending"])
    assert sort_by(page, "Details")[1] == [None, None, "descending"]
    assert sort_by(page, "Image") == (["image-1", "image-2", "image-3", "image-10"], ["ascending", None, None])
    assert sort_by(page, "Image") == (["image-10", "image-3", "image-2", "image-1"], ["descending", None, None])
    assert sort_by(page, "Result")[0] == ["image-10", "image-2", "image-3", "image-1"]
    assert sort_by(page, "Result")[0] == ["image-1", "image-3", "image-10", "image-2"]
    assert warnings(page) == []


def test_what_is_filtered_stays_so_when_it_is_sorted_and_the_other_way_round(
    chromium_page: Page, tmp_path: Path
) -> None:
    page = show(chromium_page, tmp_path, a_release_to_sort())

    assert type_into_filter(page, "risky") == (2, "2 of 4 images")
    sort_by(page, "Image")
    assert page.run("[...document.querySelectorAll('#images tbody tr')].map(row => row.hidden)") == [True, False] * 2
    assert type_into_filter(page, "missing") == (1, "1 of 4 images")


def test_the_parts_of_a_bar_are_as_long_as_their_shares(chromium_page: Page, tmp_path: Path) -> None:
    most = a_risky_image(severities={Severity.CRITICAL: 1, Severity.LOW: 3})
    page = show(chromium_page, tmp_path, a_release(most))

    widths = page.run("[...document.querySelectorAll('#images rect')].map(part => part.getBoundingClientRect().width)")

    assert widths[1] == pytest.approx(3 * widths[0], rel=0.01)
    assert widths[0] > 20


def test_keyboard_focus_is_visible(page: Page) -> None:
    for stop in ("SUMMARY", "INPUT", "BUTTON", "BUTTON", "BUTTON"):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)

        assert page.run("document.activeElement.tagName") == stop
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_table_can_be_read_without_a_script(chromium_page: Page, tmp_path: Path) -> None:
    chromium_page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page = show(chromium_page, tmp_path, blocked())
        assert page.run("document.querySelector('.filter').offsetHeight") == 0
        assert page.run("document.querySelector('#images tbody tr').offsetHeight") > 0
        assert page.run("document.querySelectorAll('#images button').length") == 0
    finally:
        chromium_page.call("Emulation.setScriptExecutionDisabled", value=False)


def test_the_page_follows_the_preferred_colour_scheme(page: Page) -> None:
    def brightness() -> int:
        colour = page.run("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    page.set_color_scheme("light")
    light = brightness()
    page.set_color_scheme("dark")
    dark = brightness()

    assert light > 700
    assert dark < 100


def test_a_print_is_light_unfolded_and_unfiltered(page: Page) -> None:
    type_into_filter(page, "no such image")
    page.set_color_scheme("dark")
    page.call("Emulation.setEmulatedMedia", media="print")

    assert page.run("document.querySelector('.filter').offsetHeight") == 0
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("document.querySelector('#images tbody tr').offsetHeight") > 0
    page.run("dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.querySelector('.events tbody tr').offsetHeight") > 0
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run("document.querySelector('details').open") is False


def test_the_page_prints(page: Page) -> None:
    paper = page.pdf()

    assert paper.startswith(b"%PDF-")
    assert warnings(page) == []


def test_twenty_thousand_images_of_a_release_still_open_filter_and_sort(chromium_page: Page, tmp_path: Path) -> None:
    images = (a_risky_image(f"service-{number}", severities={Severity.HIGH: number + 1}) for number in range(20_000))
    page = show(chromium_page, tmp_path, a_release(*images))

    shown, words = type_into_filter(page, "service-1999")
    assert (shown, words[:5]) == (1, "1 of ")
    assert sort_by(page, "Image")[0][:3] == ["service-0", "service-1", "service-2"]


def test_twenty_thousand_failed_images_still_open_and_filter(chromium_page: Page, tmp_path: Path) -> None:
    failed = tuple(a_failed_image(f"service-{number}") for number in range(20_000))
    task = a_task(total=20_000, succeeded=0, failed=20_000, failed_images=failed)
    page = show(chromium_page, tmp_path, an_outcome(task))

    assert type_into_filter(page, "service-4999") == (1, f"1 of {MAX_IMAGES:,} images")
