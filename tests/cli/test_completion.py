"""What the tab key gives, asked of a real bash; every name is one that the program knows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph import graphs
from paintgraph.assembly import catalogue
from paintgraph.cli import completing
from paintgraph.models.families import open_index
from paintgraph.nodes.resource_names import ENGINE, KINDS, choices
from paintgraph.python.sources import checked_recipe
from paintgraph.tests.cli.conftest import Paintgraph

ASK = """
eval "$(paintgraph completion bash)"
while IFS= read -r line; do
    COMP_WORDS=($line) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    case "$line" in *' ') COMP_WORDS+=(''); COMP_CWORD=$((COMP_CWORD + 1));; esac
    COMPREPLY=()
    "$(complete -p paintgraph | sed 's/.*-F \\([^ ]*\\).*/\\1/')" paintgraph
    echo "${COMPREPLY[*]}"
done
"""


def test_bash_completes_commands_recipes_options_values_models_and_nodes(folder: Path) -> None:
    (folder / "own.yaml").write_text("inputs:\n  size: {type: text, choices: [small, large]}\n")
    asked = {
        "paintgraph vali": "validate",
        "paintgraph run outpaint_": "outpaint_far outpaint_to_size",
        "paintgraph run outpaint --si": "--sides",
        "paintgraph run outpaint --sides left,r": "left,right",
        "paintgraph run own.yaml --size ": "small large",
        "paintgraph run inpaint --match po": "poisson",
        "paintgraph run inpaint --engine te": "telea",
        "paintgraph run cut_out --model u2netp": "u2netp",
        "paintgraph run inpaint --match = po": "poisson",  # as bash divides --match=po
        "paintgraph run outpaint --if-e": "--if-exists",
        "paintgraph models pull isnet-g": "isnet-general-use",
        "paintgraph nodes GrowM": "GrowMask",
        "paintgraph completion f": "fish",
        "paintgraph run none --si": "",
    }
    program = folder / "bin/paintgraph"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    program.chmod(0o755)
    shell = subprocess.run(
        ["bash", "--norc", "-c", ASK],  # noqa: S607 - whichever bash there is
        env={**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        input="\n".join(asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )

    assert dict(zip(asked, shell.stdout.splitlines(), strict=True)) == asked, shell.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(paintgraph: Paintgraph, shell: str) -> None:
    answer = paintgraph("completion", shell)

    assert answer.code == 0
    assert f"complete_{shell}" in answer.text


def test_another_shell_is_refused(paintgraph: Paintgraph) -> None:
    answer = paintgraph("completion", "bsh")

    assert answer.code == 2
    assert answer.stderr == (
        "the shell is 'bsh'; allowed are bash, zsh, fish. Did you mean 'bash'? Choose one of them. "
        "[not_a_choice]\n"
    )


def test_names_that_are_completed_are_those_that_there_are(tmp_path: Path) -> None:
    shipped = [file.stem for file in graphs.FOLDER.glob("*.yaml")]

    assert completing.recipes("") == sorted(shipped)
    assert completing.models("") == [each.name for each in open_index(tmp_path).catalogue]
    assert completing.nodes("") == sorted(catalogue().registry.ids())


def test_engines_and_models_are_completed_wherever_a_recipe_names_one() -> None:
    known = catalogue()
    kinds = choices(known.names)
    seen = set()
    for file in graphs.FOLDER.glob("*.yaml"):
        graph = checked_recipe(file.stem, known).graph
        for name, spec in graph.inputs.items():
            given = [item.value for item in completing.values(file.stem, f"--{name}", "")]
            if spec.resource in kinds:
                assert given == kinds[spec.resource], (file.stem, name)
                seen.add(spec.resource)
            elif spec.type == "text" and not spec.choices and name != "engine":  # of batches
                assert given == [], (file.stem, name)
    assert seen == {ENGINE, *KINDS}


def test_completing_loads_nothing_heavy() -> None:
    script = """
import sys
from paintgraph.cli import app, completing
list(completing.options("outpaint", "--"))
list(completing.values("inpaint", "--engine", ""))
completing.recipes(""), completing.models(""), completing.nodes("")
print([name for name in ("numpy", "torch", "PIL", "networkx") if name in sys.modules])
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert told.stdout == b"[]\n"
