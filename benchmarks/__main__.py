"""`python -m paintgraph.benchmarks [NAME ...] [--write FILE]`: measures; a table in Markdown.

`pictures` has options and tables of its own.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from paintgraph.benchmarks import (
    agents,
    batches,
    cluster,
    diffusion,
    editor,
    engine_overhead,
    filling,
    folder,
    fooocus,
    incumbent,
    keeping,
    lanes,
    liveness,
    masks,
    morphology,
    outpainting,
    page,
    protocol,
    reading,
    repainting,
    sampling,
    server_start,
    serving,
    startup,
    text_masks,
    walks,
    warm,
    workflows,
)
from paintgraph.benchmarks.measuring import Figure
from paintgraph.benchmarks.pictures import main as pictures

_GROUPS: Mapping[str, Callable[[], list[Figure]]] = {
    "engine": engine_overhead.figures,
    "reading": reading.figures,
    "lanes": lanes.figures,
    "startup": startup.figures,
    "outpaint": outpainting.figures,
    "batch": batches.figures,
    "fill": filling.figures,
    "repaint": repainting.figures,
    "morphology": morphology.figures,
    "server": server_start.figures,
    "serving": serving.figures,
    "protocol": protocol.figures,
    "incumbent": incumbent.figures,
    "liveness": liveness.figures,
    "masks": masks.figures,
    "folder": folder.figures,
    "fooocus": fooocus.figures,
    "diffusion": diffusion.figures,
    "sampling": sampling.figures,
    "text": text_masks.figures,
    "walks": walks.figures,
    "keeping": keeping.figures,
    "editor": editor.figures,
    "page": page.figures,
    "cluster": cluster.figures,
    "agents": agents.figures,
    "warm": warm.figures,
}
_HEAD = ("figure", "median", "best", "rounds", "target", "")
_RULE = ("---", "---:", "---:", "---:", "---:", "---")
_NOTE = (
    "Targets are for the median. Other programs that run at the same time only ever make times "
    "longer, so the best round is shown beside it. Ratios are taken side by side, within one "
    "round; their best compares the best times."
)


def main() -> None:
    """Measure what was asked for, or everything."""
    if sys.argv[1:2] == ["pictures"]:
        pictures.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m paintgraph.benchmarks", description=_NOTE)
    known = [
        *_GROUPS,
        "workflows FOLDER",
        "incumbent FOLDER",
        "keeping JOBS",
        "agents PICTURES",
        "pictures ...",
    ]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table there as well")
    given = parser.parse_args()
    groups = dict(_GROUPS)
    names = list(given.names)
    if names[:1] == ["workflows"] and len(names) == 2 and Path(names[1]).is_dir():
        groups["workflows"] = partial(workflows.figures, Path(names.pop()))
    if names[:1] == ["incumbent"] and len(names) == 2 and Path(names[1]).is_dir():
        groups["incumbent"] = partial(incumbent.figures, Path(names.pop()))
    if names[:1] == ["keeping"] and len(names) == 2 and names[1].isdecimal():
        groups["keeping"] = partial(keeping.figures, int(names.pop()))
    if names[:1] == ["agents"] and len(names) == 2 and names[1].isdecimal():
        groups["agents"] = partial(agents.figures, int(names.pop()))
    unknown = [name for name in names if name not in groups]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    began = time.perf_counter()
    measured: dict[str, list[Figure]] = {}
    for name in names or groups:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured[name] = groups[name]()
    text = _report(measured, time.perf_counter() - began)
    print(text)
    if given.write:
        given.write.write_text(text + "\n", encoding="utf-8")


def _report(measured: Mapping[str, Sequence[Figure]], seconds: float) -> str:
    machine = (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, load {_load()}; measured in {seconds:.0f} s."
    )
    tables = [_table(name, figures) for name, figures in measured.items()]
    return "\n\n".join(["# Benchmarks", machine, _NOTE, *tables])


def _table(name: str, figures: Sequence[Figure]) -> str:
    rows = [_HEAD, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    head, *body = (
        [
            cell.rjust(width) if rule.endswith(":") else cell.ljust(width)
            for cell, width, rule in zip(row, widths, _RULE, strict=True)
        ]
        for row in rows
    )
    rules = [
        "-" * (width - 1) + ":" if rule.endswith(":") else "-" * max(width, 3)
        for width, rule in zip(widths, _RULE, strict=True)
    ]
    lines = (f"| {' | '.join(cells)} |" for cells in (head, rules, *body))
    return "\n".join([f"## {name}", "", *lines])


def _load() -> str:
    """How busy the machine was in the last minute, where the system tells."""
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):
        return "unknown"


if __name__ == "__main__":
    main()
