"""Workers run this program's modules, whatever lies in the folder that the server runs in."""

from pathlib import Path

import pytest

from paintgraph.tests.jobs.test_dispatcher import go, rig
from paintgraph.tests.jobs.test_workers import NUMBER


@pytest.mark.parametrize("name", ["jobs", "engine", "models", "orjson"])
def test_a_folder_with_a_modules_name_lends_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "here" / name).mkdir(parents=True)
    (tmp_path / "here" / name / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path / "here")

    async def act() -> None:
        async with rig(tmp_path) as r:
            assert (await r.ended(await r.submit(NUMBER))).state == "succeeded"

    go(act)
