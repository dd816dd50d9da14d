"""The documentation site: its navigation has every page, and the check of the built pages finds what is wrong.

`.ci/run` builds it, with tools that the tests do not have.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tools.site import problems

ROOT = Path(__file__).parent.parent
CONFIGURATION: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "conf.py"))
FRONT = '<link rel="stylesheet" href="site.css"><h1 id="top">x</h1><a href="docs/page.html#part">y</a>'
PAGE = '<h2 id="part">x</h2><img src="../x.png"><a href="../index.html#top">y</a><a href="https://example.com/">z</a>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of two pages with nothing wrong."""
    (tmp_path / "docs").mkdir()
    files = {"index.html": FRONT, "docs/page.html": PAGE, "site.css": "a { color: red }", "x.png": ""}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_page_is_in_the_navigation_once() -> None:
    named = [name for pages in CONFIGURATION["NAVIGATION"].values() for name in pages.values()]
    facts = [f"facts/{name}" for name in CONFIGURATION["FACTS"]]
    docs = {f"{path.relative_to(ROOT / 'docs').with_suffix('')}" for path in (ROOT / "docs").rglob("*.md")}
    others = {f"/{path.stem}" for path in ROOT.glob("*.md") if path.stem != CONFIGURATION["root_doc"]}

    assert sorted([*named, *facts]) == sorted({"self", *docs, *others})


def test_a_site_that_loads_only_its_own_files_and_whose_links_lead_somewhere_has_no_problems(site: Path) -> None:
    assert problems(site) == []


@pytest.mark.parametrize(
    "added",
    [
        '<script src="https://example.com/x.js"></script>',
        '<script src="//example.com/x.js"></script>',
        '<link rel="stylesheet" href="https://example.com/x.css">',
        '<link rel="preconnect" href="https://example.com">',
        '<link rel="icon" href="http://example.com/x.ico">',
        '<img src="https://example.com/x.png">',
        '<img src="../x.png" srcset="../x.png 1x, https://example.com/x.png 2x">',
        '<iframe src="https://example.com/"></iframe>',
        '<p style="background: url(https://example.com/x.png)">x</p>',
        "<style>@font-face { src: url('https://example.com/x.woff2') }</style>",
        '<style>@import "https://example.com/x.css";</style>',
        '<img src="../missing.png">',
    ],
)
def test_a_page_that_loads_something_from_elsewhere_or_that_is_not_there_is_found(added: str, site: Path) -> None:
    (site / "docs" / "page.html").write_text(PAGE + added)

    (found,) = problems(site)

    assert found.startswith("docs/page.html loads ")


@pytest.mark.parametrize("rule", ["@import 'https://example.com/x.css';", "p { src: url(//example.com/x.woff2) }"])
def test_so_is_a_style_sheet(rule: str, site: Path) -> None:
    (site / "site.css").write_text(rule)

    (found,) = problems(site)

    assert found.startswith("site.css loads ")


@pytest.mark.parametrize("address", ["missing.html", "../index.html#missing", "#missing", "../docs/"])
def test_a_link_within_the_site_that_leads_nowhere_is_found(address: str, site: Path) -> None:
    (site / "docs" / "page.html").write_text(f'{PAGE}<a href="{address}">x</a>')

    assert problems(site) == [f"docs/page.html links {address}"]


def test_what_is_in_the_page_itself_is_no_resource_from_elsewhere(site: Path) -> None:
    (site / "site.css").write_text(
        "p { background: url(\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\") }"
    )
    (site / "docs" / "page.html").write_text(PAGE + '<img src="data:image/png;base64,xxxx">')

    assert problems(site) == []
