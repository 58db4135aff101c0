"""A server with a page, of hardly any files: what stands beside it is ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.api.serving import Served, serving


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "assets" / "images").mkdir(parents=True)
    (folder / "assets" / "favicon.ico").write_bytes(b"sign")
    (folder / "assets" / "images" / "a.png").write_bytes(b"picture")
    return folder


@pytest.fixture(scope="package")
def page(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that shows that page, with the real nodes."""
    with serving(tmp_path_factory.mktemp("data"), front_end_root=built) as served:
        yield served
