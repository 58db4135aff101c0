"""Node packs on the command line: `paintgraph packs`, and a process that packs may end.

Packs are loaded in a process of its own, which does the whole command. The one that the user
started waits for it; if a pack ends it or never returns, the command starts again without the pack.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import typer

from paintgraph.assembly import catalogue, pack_places
from paintgraph.base import platforms
from paintgraph.cli.faults import (
    FAILED,
    OK,
    misused,
    plain,
    print_json,
    print_table,
    tell,
    tell_fault,
)
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.jobs.workers.handle import LOADING_SECONDS, MOST_LOADING_SECONDS
from paintgraph.nodes.packs.loading.finding import find_packs
from paintgraph.nodes.packs.loading.guard import wrong_freedom
from paintgraph.nodes.packs.loading.loader import PackLoader
from paintgraph.nodes.packs.loading.report import PackReport

_FOLDER = "PAINTGRAPH_PACKS_OF"
"""In the process that loads packs: the folder by which it and the one that waits know of each."""

_LOADING, _LEFT_OUT = "loading", "left_out"
_POLL_SECONDS = 0.2


def loads_here() -> bool:
    """Whether this is the process that is to load packs."""
    return _FOLDER in os.environ


def pack_loader(
    sources: Sequence[str],
    allowed: Sequence[str],
    inputs: Path | None = None,
    outputs: Path | None = None,
) -> PackLoader:
    """What loads the packs of a command; `inputs` and `outputs` are the folders of its pictures.

    Raises Error for what is wrong with the options.
    """
    if wrong := wrong_freedom(allowed):
        raise misused("bad_option", f"--allow-packs: {wrong}")
    folder = Path(os.environ[_FOLDER])
    return PackLoader(
        sources,
        pack_places(default_folders(), sources, inputs, outputs),
        allowed=allowed,
        left_out=orjson.loads((folder / _LEFT_OUT).read_bytes()),
        announce=lambda name: _write(folder / _LOADING, name),
        tell=lambda sentence: tell(f"warning: {sentence}"),
    )


def _write(file: Path, text: str) -> None:
    file.write_text(text)


def run_aside(sources: Sequence[str], seconds: float | None = None) -> int:
    """Run this command in a process that loads the packs; gives its exit code.

    A pack that takes longer than `seconds`, by default LOADING_SECONDS, or ends the process, is
    left out and named. Raises UsageError for a time that none can have.
    """
    seconds = LOADING_SECONDS if seconds is None else seconds
    if not 0 < seconds <= MOST_LOADING_SECONDS:
        message = (
            f"--pack-seconds is {seconds:g}; allowed are more than 0 to {MOST_LOADING_SECONDS} s. "
            f"Change it, or leave it out for {LOADING_SECONDS:g} s."
        )
        raise misused("out_of_range", message)
    find_packs(sources)  # what is wrong with the options is told without a process
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="paintgraph-packs-") as name:
        folder = Path(name)
        while True:
            (folder / _LOADING).write_text("")
            (folder / _LEFT_OUT).write_bytes(orjson.dumps(left_out))
            code, stuck = _run_once(folder, seconds)
            pack = (folder / _LOADING).read_text()
            if not pack or pack in left_out:
                return _exit_code(code)
            left_out[pack] = (
                f"it did not return within {seconds:g} s"
                if stuck
                else f"it ended the process ({_in_words(code)})"
            )


def _run_once(folder: Path, seconds: float) -> tuple[int, bool]:
    """The exit code of the command, and whether it was ended as a pack did not return."""
    process = subprocess.Popen(  # noqa: S603 - this program again
        [sys.executable, "-m", "paintgraph.cli", *sys.argv[1:]],
        env={**os.environ, _FOLDER: str(folder)},
    )
    # Ctrl-C reaches both; the one at work says how it ended.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        seen, since = "", 0.0
        while True:
            try:
                return process.wait(_POLL_SECONDS), False
            except subprocess.TimeoutExpired:
                loading = (folder / _LOADING).read_text()
                since = since + _POLL_SECONDS if loading and loading == seen else 0.0
                seen = loading
            if since >= seconds:
                process.kill()
                return process.wait(), True
    finally:
        process.kill()
        signal.signal(signal.SIGINT, before)


def _exit_code(code: int) -> int:
    """The code as a shell gives it; a signal is told, as nobody else could."""
    if code >= 0:
        return code
    tell_fault(f"the program was ended by {_in_words(code)} while a node ran. [process_ended]")
    return 128 - code


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else platforms.signal_name(-code)


def list_packs(nodes: Sequence[object], *, json: bool) -> int:
    """List packs with their nodes and what does not work; the exit code is 1 if one fails."""
    loaders = [each for each in nodes if isinstance(each, PackLoader)]
    if not loaders:
        raise misused(
            "missing_option", "no packs are named. Name the folder they lie in with --node-packs."
        )
    catalogue(default_folders(), loaders)
    reports = [report for loader in loaders for report in loader.reports]
    if json:
        print_json([report.to_json() for report in reports])
    else:
        _show(reports)
    return FAILED if any(report.state != "loaded" for report in reports) else OK


def _show(reports: Sequence[PackReport]) -> None:
    print_table(("pack", "state", "nodes", "left out"), map(_row, reports))
    for report in reports:
        typer.echo("")
        typer.echo(plain("\n".join(_lines(report))))


def _row(report: PackReport) -> tuple[str, str, str, str]:
    return report.name, report.state, str(len(report.nodes)), str(len(report.left_out))


def _lines(report: PackReport) -> list[str]:
    lines = [f"{report.name} ({report.path})"]
    lines += [f"  {report.why}"] if report.why else []
    lines += [f"  nodes: {', '.join(report.nodes)}"] if report.nodes else []
    lines += [f"  missing Python modules: {', '.join(report.missing)}"] if report.missing else []
    lines += [f"  refused at import: {call}" for call in report.refused]
    lines += [f"  routes: {', '.join(report.routes)}"] if report.routes else []
    for why, names in _by_reason(report.left_out).items():
        lines.append(f"  left out, as {why}: {', '.join(names)}")
    return lines


def _by_reason(left_out: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, why in left_out.items():
        reasons.setdefault(why, []).append(name)
    return reasons
