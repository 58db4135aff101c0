"""`paintgraph explain`."""

import typer

from paintgraph.assembly import assemble
from paintgraph.cli.faults import OK, plain, print_json
from paintgraph.cli.preparing import RunOptions, prepare
from paintgraph.cli.records import remembered
from paintgraph.engine.execution.cache import Keeping
from paintgraph.engine.execution.explain import Explained, explain
from paintgraph.jobs.sources.folders import default_folders


def explain_recipe(options: RunOptions) -> int:
    """Print the plan of a recipe or graph; gives the exit code."""
    folders = default_folders()
    with assemble(folders, options.input_dir, nodes=options.nodes) as assembly:
        prepared = prepare(options, assembly)
        keeping = Keeping(assembly.registry, None, assembly.worker.store)
        targets = prepared.wanted.targets(prepared.bound, assembly.registry)
        last = remembered(prepared.source, folders)
        explained = explain(prepared.bound, targets, keeping, last, binders=assembly.binders)
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
