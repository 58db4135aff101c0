"""A browser for the tests of a file; servers for all of them, as those take longest to start."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.conftest import browser
from paintgraph.tests.page.doing import serving

__all__ = ["browser"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the recipe `slow`, and with the jobs of earlier tests."""
    with serving(tmp_path_factory.mktemp("page") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def server_with_models(
    tmp_path_factory: pytest.TempPathFactory, text_models: Path
) -> Iterator[Child]:
    """A server with small models, one that it lacks and may fetch, and a bound of pixels.

    They are ISNet, Segment Anything, Grounding DINO and Stable Diffusion; it may fetch `mine`.
    """
    from paintgraph.tests.page import small_models

    folder = tmp_path_factory.mktemp("models")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # for the server alone
            stack.enter_context(small_models.placed(folder, text_models, patch))
            begun = running(
                folder / "data", allow_model_pull=True, max_pixels=small_models.MOST_PIXELS
            )
            server = stack.enter_context(begun)
        server.until_ready()
        small_models.load(server)
        yield server
