"""`paintgraph explain`, and what the last run of a graph depended on, so that it can compare."""

import os
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import orjson
import typer

from paintgraph.assembly import assemble
from paintgraph.base.files import write_whole
from paintgraph.cli.faults import OK, plain, print_json, tell
from paintgraph.cli.preparing import RunOptions, prepare
from paintgraph.engine.execution.explain import Explained, Record, explain
from paintgraph.engine.execution.store import Keeping
from paintgraph.jobs.sources.folders import Folders, default_folders
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.python.sources import GraphText


def explain_recipe(options: RunOptions) -> int:
    """Print the plan of a recipe or graph; gives the exit code."""
    folders = default_folders()
    devices = DeviceRules(options.device)
    with assemble(
        folders,
        options.input_dir,
        devices=devices,
        nodes=options.nodes,
        output_folder=options.output_dir,
    ) as assembly:
        prepared = prepare(options, assembly)
        keeping = Keeping(assembly.registry, None, assembly.worker.store)
        targets = prepared.wanted.targets(prepared.bound, assembly.registry)
        last = remembered(prepared.source, folders)
        environment = assembly.worker.environment
        explained = explain(prepared.bound, targets, keeping, last, environment, assembly.binders)
    if options.json:
        print_json([_entry(entry) for entry in explained])
        return OK
    for entry in explained:
        typer.echo(plain(f"{entry.node} ({entry.kind}): {_reason(entry)}"))
    return OK


def _entry(explained: Explained) -> dict[str, object]:
    plain: dict[str, object] = {
        "node": explained.node,
        "kind": explained.kind,
        "state": explained.state,
        "changed": list(explained.changed),
        "new": explained.is_new,
    }
    return plain | ({"why": explained.why} if explained.why else {})


def _reason(entry: Explained) -> str:
    if entry.state == "kept":
        return "kept"
    if entry.state == "idle":
        return "not needed for the results"
    if entry.changed:
        return f"runs; changed: {', '.join(entry.changed)}"
    if entry.is_new:
        return "runs for the first time"
    return f"runs; unchanged, but not kept: {entry.why}"


def name_of(source: GraphText) -> str:
    """A short name for a graph: the same for the same file."""
    return blake2b(os.fsencode(Path(source.name).absolute()), digest_size=12).hexdigest()


def remember(source: GraphText, made_of: Record, folders: Folders) -> None:
    """Keep what a run depended on."""
    try:
        write_whole(_path(source, folders), orjson.dumps(made_of))
    except OSError as error:
        tell(f"warning: what this run depended on is not kept: {error.strerror}")


def remembered(source: GraphText, folders: Folders) -> Record:
    """What the last run depended on; empty if there was none."""
    try:
        found: Mapping[str, Mapping[str, str]] = orjson.loads(_path(source, folders).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _path(source: GraphText, folders: Folders) -> Path:
    return folders.records / f"{name_of(source)}.json"
