"""Without the system's libraries that OpenCV needs, every command says how to get them."""

from pathlib import Path

import pytest

from paintgraph.tests.cli.conftest import Paintgraph

MISSING = "libGL.so.1: cannot open shared object file: No such file or directory"
ERROR = (
    f"OpenCV cannot be loaded: {MISSING}; it needs libraries of the system. "
    "Install them, on Debian and Ubuntu: apt-get install libgl1 libglib2.0-0"
)


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An OpenCV that fails as its wheel does on a system without a screen."""
    (tmp_path / "broken" / "cv2").mkdir(parents=True)
    (tmp_path / "broken" / "cv2" / "__init__.py").write_text(f"raise ImportError({MISSING!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))


@pytest.mark.usefixtures("without")
def test_a_run_names_the_packages(process: Paintgraph) -> None:
    answer = process("run", "outpaint", "--image", "photo.jpg", "-o", "wide.png")

    assert (answer.code, answer.stdout) == (1, b"")
    assert answer.stderr == f"{ERROR} [missing_library]\n"


@pytest.mark.usefixtures("without")
def test_the_doctor_names_the_packages(process: Paintgraph) -> None:
    answer = process("doctor", "--json")

    found = {each["what"]: each for each in answer.json if each["fault"]}
    assert answer.code == 1
    assert found["OpenCV"]["found"] == ERROR
