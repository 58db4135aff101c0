"""Clients that others' programs make of the OpenAPI document: they import, and they work."""

import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.tests.api.serving import Served, png

pytestmark = pytest.mark.slow
SCRIPT = """
import json
import sys
from client import Client
from client.api.images import post_v1_images
from client.api.jobs import get_v1_jobs_id_events
from client.api.recipes import post_v1_recipes_erase_object as erase
from client.models import EraseObjectForm, EraseObjectInputs, PostV1ImagesFilesBody
from client.models import NodeFinishedEvent, StateEvent
from client.types import File

def photo():
    return File(payload=open("photo.png", "rb"), file_name="photo.png", mime_type="image/png")

server = Client(base_url=sys.argv[1])
box = [3, 3, 10, 10]
form = EraseObjectForm(image=photo(), box=box)
job = erase.sync(client=server, body=form, wait=60)
print(job.state)
stream = get_v1_jobs_id_events.sync(client=server, id=job.id)
told = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
finished = [NodeFinishedEvent.from_dict(data) for data in told if data["type"] == "node_finished"]
print({event.how for event in finished}.pop().value, StateEvent.from_dict(told[-1]).state.value)
kept = post_v1_images.sync(client=server, body=PostV1ImagesFilesBody(image=photo()))
inputs = EraseObjectInputs(image=kept.digest, box=box)
print(erase.sync(client=server, body=inputs, wait=60).state)
wrong = EraseObjectInputs(image=kept.digest, box=[3, 3, 10])
print(erase.sync(client=server, body=wrong).errors[0].code)
"""
GENERATOR = "openapi-python-client==0.29.1"
OPTIONS = ("-o", "api.ts", "--default-non-nullable", "false")
TYPES = "openapi-typescript@7"


@pytest.fixture
def document(server: Served, tmp_path: Path) -> Path:
    """The document of a server in a file."""
    file = tmp_path / "openapi.json"
    file.write_bytes(server.call("GET", "/openapi.json").body)
    return file


def run(*command: str, folder: Path, reason: str = "") -> str:
    """What a program prints; with a reason the test is skipped for it if the program fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=600
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if reason:
            pytest.skip(f"{reason}: {error}")
        raise AssertionError(f"{error.stdout!r}\n{error.stderr!r}") from error
    return done.stdout


def test_the_client_of_openapi_python_client_imports_and_works(
    server: Served, document: Path, tmp_path: Path
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    bare = ("-m", "venv", "--without-pip", "venv")
    run(sys.executable, *bare, folder=tmp_path, reason="there is no venv")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python))
    install = (*pip, "install", "-q", "--no-compile", GENERATOR)
    run(*install, folder=tmp_path, reason="the package index is out of reach")
    make = ("generate", "--path", str(document), "--output-path", "client", "--meta", "none")
    program = "from openapi_python_client.cli import app; app()"
    run(str(python), "-c", program, *make, folder=tmp_path)

    (tmp_path / "photo.png").write_bytes(png())
    modules = [
        each.name for each in pkgutil.walk_packages([str(tmp_path)]) if "client" in each.name
    ]
    imports = "\n".join(f"import {name}" for name in modules)

    assert len(modules) > 0
    run(str(python), "-c", imports, folder=tmp_path)
    told = run(str(python), "-c", SCRIPT, server.url, folder=tmp_path)
    assert told.split() == [
        "succeeded",
        *("computed", "succeeded"),
        "succeeded",
        "wrong_length",
    ]


def test_the_types_of_openapi_typescript_are_made(document: Path, tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm")
    install = (
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=0",
        TYPES,
        "typescript@5",
    )
    run(*install, folder=tmp_path, reason="npm's registry is out of reach")
    folder = tmp_path / "node_modules" / ".bin"
    run(str(folder / "openapi-typescript"), str(document), *OPTIONS, folder=tmp_path)
    (tmp_path / "use.ts").write_text(
        'import type { components } from "./api";\n'
        'type Inputs = components["schemas"]["EraseObjectInputs"];\n'
        'export const inputs: Inputs = { image: "photo.png", box: [1, 2, 3, 4], select: "box" };\n'
        'export const told = (event: components["schemas"]["JobEvent"]): number | undefined =>\n'
        '  event.type === "node_finished" ? event.seconds : undefined;\n'
        "// @ts-expect-error - there is no such choice\n"
        'export const wrong: Inputs = { image: "photo.png", box: [1, 2, 3, 4], select: "boxes" };\n'
    )

    run(str(folder / "tsc"), "--noEmit", "--strict", "use.ts", folder=tmp_path)
