"""How Sphinx makes the documentation site of README.md and docs/: `python -m tools.site` runs it.

The files stay as a Git host shows them: the folders are those of the repository, so that relative links work in both.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAVIGATION = {
    "": {"What it is, and how to start": "self"},
    "In your pipeline": {
        "GitHub Actions": "github",
        "GitLab CI": "gitlab",
        "Azure Pipelines": "azure",
        "Bitbucket Pipelines": "bitbucket",
        "Buildkite": "buildkite",
        "Jenkins": "jenkins",
        "Shell and container": "container",
    },
    "What it judges": {
        "The images of a release": "images",
        "A scan task": "judging",
        "A scan task on Huawei Cloud": "huawei",
        "A scan task on Alibaba Cloud": "alibaba",
        "Findings, waivers, baseline": "policy",
    },
    "How it runs": {
        "All options": "options",
        "Stored keys": "credentials",
        "Signing in without stored keys": "sign-in",
        "Permissions": "permissions",
        "Polling, retries, clocks": "polling",
    },
    "What it writes": {"Outputs and reports": "reports", "Attestations": "attestations"},
    "When something is wrong": {"Check the set-up: doctor": "doctor", "Troubleshooting": "troubleshooting"},
    "Why to trust it": {
        "How it is tested": "reliability",
        "Releases, and how to verify one": "releasing",
        "Facts about the clouds": "facts/README",
        "The simulator": "simulator",
        "Benchmarks": "benchmarks",
    },
    "The project": {
        "Security": "/SECURITY",
        "Contributing": "/CONTRIBUTING",
        "Changes": "/CHANGELOG",
    },
}
"""The pages below each heading of the navigation; a page that is in none of them fails the build."""
FACTS = sorted(page.stem for page in (Path(__file__).parent / "facts").glob("*.md") if page.stem != "README")

project = html_title = "Scan Gate"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "README"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [
    ".*",
    "benchmarks",
    "build",
    "dist",
    "gate",
    "mutants",
    "requirements",
    "templates",
    "tests",
    "tools",
]

# Links to headings, and pictures in HTML, as GitHub and GitLab have them.
myst_heading_anchors = 6
myst_enable_extensions = ["html_image"]

# The text is that of the files, so that a message can be searched for as it is printed, and code is what it says.
smartquotes = False
highlight_language = "none"

html_theme = "furo"
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = html_use_index = False
html_domain_indices = html_show_copyright = False


def _add_navigation(_app: Sphinx, page: str, text: list[str]) -> None:
    """Appends the navigation to the pages that have one, which a Git host would show as code."""
    if page == root_doc:
        for heading, pages in NAVIGATION.items():
            text[0] += _toctree([f"{title} <{_path(name)}>" for title, name in pages.items()], heading)
    elif page == "docs/facts/README":
        text[0] += _toctree(FACTS)


def _path(name: str) -> str:
    return name if name == "self" or name.startswith("/") else f"/docs/{name}"


def _toctree(pages: list[str], heading: str = "") -> str:
    caption = f":caption: {heading}\n" if heading else ""
    return "\n".join(["\n\n```{toctree}", f"{caption}:hidden:\n", *pages, "```\n"])


def _add_index(app: Sphinx, error: Exception | None) -> None:
    """Puts the front page where a web server looks for it."""
    if not error:
        shutil.copy(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _add_navigation)
    app.connect("build-finished", _add_index)
