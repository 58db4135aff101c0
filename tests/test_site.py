"""The docs build as a site: every link leads somewhere, and no page asks another host."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from paintgraph.tests.test_readme import ROOT

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
_ELSEWHERE = re.compile(r"""url\(["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""")


class _Loads(HTMLParser):
    """What a page loads by itself from other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_LOADED.get(tag, ""), "") or ""
        if address.startswith(("http:", "https:", "//")):
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. Strict: a link that leads nowhere, or a page in no list, fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder))
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in _pages()}
    built = {page.relative_to(site) for page in site.rglob("*.html")}

    renamed = {page.with_name("index.html") if page.stem == "README" else page for page in pages}
    assert renamed <= built


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    found = {}
    for page in site.rglob("*.html"):
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        if loads.found:
            found[page.name] = loads.found
    styles = [
        style.name for style in site.rglob("*.css") if _ELSEWHERE.search(style.read_text("utf-8"))
    ]

    assert (found, styles) == ({}, [])


def test_links_of_the_pages_outside_the_site_lead_somewhere() -> None:
    dead = [
        f"{page.name}: {link}"
        for page in ROOT.glob("*.md")
        for link in _LINK.findall(page.read_text(encoding="utf-8"))
        if not link.startswith(("http:", "https:", "mailto:", "#"))
        and not (ROOT / link.partition("#")[0]).exists()
    ]

    assert dead == []


def _pages() -> list[Path]:
    return sorted((ROOT / "docs").rglob("*.md"))
