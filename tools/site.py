"""Builds the documentation site of README.md and docs/, and checks it: `.venv-site/bin/python -m tools.site`.

The site loads nothing from other servers, and every link within it leads somewhere. Sphinx (requirements/site.txt)
makes it; docs/conf.py has the navigation.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parent.parent
_LINKS = {"canonical", "index", "next", "prev", "search"}
"""Values of `rel` that name a page, and not something that a browser loads."""
_IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class _Page(HTMLParser):
    """What a page of the site loads and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        self._in_style = tag == "style"
        self.loads += addresses_in_css(values.get("style", ""))
        self.loads += [values[name] for name in ("src", "data", "poster") if values.get(name)]
        self.loads += [part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()]
        if "href" in values:
            is_link = tag == "a" or (tag == "link" and values.get("rel") in _LINKS)
            (self.links if is_link else self.loads).append(values["href"])

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loads += addresses_in_css(data)


def addresses_in_css(text: str) -> list[str]:
    """What a style sheet loads; what is in it as text (`data:`) is left out."""
    found = [one or other for one, other in _IN_CSS.findall(text)]
    return [address for address in found if not address.startswith("data:")]


def problems(site: Path) -> list[str]:
    """What is wrong with a built site: resources from elsewhere or that are missing, and links that lead nowhere."""
    site = site.resolve()
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    sheets = {path: addresses_in_css(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.css"))}
    loaded = {**{path: page.loads for path, page in pages.items()}, **sheets}
    found = [
        f"{path.relative_to(site)} loads {address}"
        for path, addresses in loaded.items()
        for address in addresses
        if not address.startswith("data:") and (urlsplit(address)[:2] != ("", "") or _target(path, address) is None)
    ]
    return found + [
        f"{path.relative_to(site)} links {address}"
        for path, page in pages.items()
        for address in page.links
        if not urlsplit(address).scheme and not _leads_somewhere(path, address, pages)
    ]


def _target(path: Path, address: str) -> Path | None:
    parts = urlsplit(address)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    return target if target.is_file() else None


def _leads_somewhere(path: Path, address: str, pages: dict[Path, _Page]) -> bool:
    target, fragment = _target(path, address), unquote(urlsplit(address).fragment)
    return target is not None and (not fragment or target not in pages or fragment in pages[target].ids)


def build(site: Path) -> int:
    """Makes the site anew in this folder; the exit code of Sphinx, which is not 0 after any warning."""
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as cache:
        words = ["--quiet", "--nitpicky", "--fail-on-warning", "--keep-going", "--jobs=auto", f"--doctree-dir={cache}"]
        command = [sys.executable, "-m", "sphinx", "--builder=html", f"--conf-dir={ROOT / 'docs'}", *words]
        return subprocess.run([*command, str(ROOT), str(site)], check=False).returncode


def main() -> int:
    """Builds the site, and prints what is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    folder = parser.parse_args().folder.resolve()
    if code := build(folder):
        return code
    found = problems(folder)
    print(*found, f"{len(list(folder.rglob('*.html')))} pages in {folder}, problems: {len(found)}", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
