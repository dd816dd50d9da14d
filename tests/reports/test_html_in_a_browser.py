"""The html report in a real Chromium: its policy, its filter, and its light, dark and printed styles.

Without Chromium these tests skip, unless NEEDS_BROWSER is set, as the project's own check does.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.image import FailedImage, ImageRef
from gate.outcome import Event, EventKind
from gate.reports.html import MAX_IMAGES, render
from gate.scan import TaskState
from gate.text import one_line
from tests.builders import a_failed_image, a_task, an_outcome
from tests.hostile import HOSTILE
from tools.browser import browser, chromium
from tools.pictures import blocked

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


def a_hostile_outcome(text: str) -> Outcome:
    image = FailedImage(image=ImageRef(registry=text, name=text), reason=text)
    task = a_task(id=text or "x", name=text, state=TaskState.UNKNOWN, raw_state=text, failed_images=(image,))
    events = tuple(Event(kind=kind, at=1.0, text=text, task=task) for kind in EventKind)
    return replace(an_outcome(task, events=events, cloud=text), gate_version=text)


@pytest.mark.parametrize("font_size", [16, 18, 20, 24])
@pytest.mark.parametrize("width", [320, 360, 768, 1400])
def test_the_page_fits_every_window_with_every_font(
    chromium_page: Page, tmp_path: Path, width: int, font_size: int
) -> None:
    """A larger font is as wide as the wider one that another machine may have."""
    page = show(chromium_page, tmp_path, blocked(), width=width)
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


@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_text_is_shown_and_not_run(chromium_page: Page, tmp_path: Path, text: str) -> None:
    page = show(chromium_page, tmp_path, a_hostile_outcome(text))

    assert page.run("typeof window.stung") == "undefined"
    assert page.run("document.scripts.length + document.styleSheets.length") == 2
    assert page.run("document.querySelectorAll('img, iframe, a, link, base, math').length") == 0
    assert page.run("document.querySelector('#images td').textContent") == (one_line(text) or "no reason given")


def test_the_filter_hides_and_shows(page: Page) -> None:
    assert type_into_filter(page, "billing") == (3, "3 of 12 images")
    assert type_into_filter(page, "OVERSIZED  billing") == (1, "1 of 12 images")
    assert type_into_filter(page, "no such image") == (0, "0 of 12 images")
    assert type_into_filter(page, "") == (12, "12 images")


def test_keyboard_focus_is_visible(page: Page) -> None:
    for stop in ("SUMMARY", "INPUT"):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)

        assert page.run("document.activeElement.tagName") == stop
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_table_can_be_read_without_a_script(chromium_page: Page, tmp_path: Path) -> None:
    chromium_page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page = show(chromium_page, tmp_path, blocked())
        assert page.run("document.querySelector('.filter').offsetHeight") == 0
        assert page.run("document.querySelector('#images tbody tr').offsetHeight") > 0
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


def test_twenty_thousand_failed_images_still_open_and_filter(chromium_page: Page, tmp_path: Path) -> None:
    failed = tuple(a_failed_image(f"service-{number}") for number in range(20_000))
    task = a_task(total=20_000, succeeded=0, failed=20_000, failed_images=failed)
    page = show(chromium_page, tmp_path, an_outcome(task))

    assert type_into_filter(page, "service-4999") == (1, f"1 of {MAX_IMAGES:,} images")
