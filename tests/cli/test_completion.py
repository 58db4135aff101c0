"""What the tab key gives, asked of real shells; every name is one that the program knows."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from paintgraph import graphs
from paintgraph.assembly import catalogue
from paintgraph.cli import completing
from paintgraph.models.families import open_index
from paintgraph.nodes.resource_names import ENGINE, KINDS, choices
from paintgraph.python.sources import checked_recipe
from paintgraph.tests.api.serving import OUTER_SECONDS
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

FISH = """
paintgraph completion fish | source
while read --local line; complete --do-complete $line | string join ' '; end
true
"""
ZSH = """
zmodload zsh/zpty
zpty shell TERM=dumb zsh -f -i
zpty -w shell 'PROMPT=; unsetopt zle_bracketed_paste; fpath=(~/functions $fpath)
autoload -Uz compinit; compinit -u -D; bindkey "^I" complete-word
_told() { print -r -- "<<$BUFFER>>"; BUFFER=; zle accept-line }; zle -N _told; bindkey "^X" _told
print "ready"'
while zpty -r shell out; do [[ $out = ready* ]] && break; done
while IFS= read -r line; do
    zpty -w -n shell "$line"$'\t\x18'
    while zpty -r shell out; do
        [[ $out = *'<<'*'>>'* ]] && { print -r -- "${${out#*<<}%%>>*}"; break }
    done
done
zpty -d shell
"""
"""A terminal, as zsh completes nowhere else; the key ^X tells what stands on its line."""


def answers(shell: list[str], asked: Iterable[str]) -> list[str]:
    """What a shell answers to each line, in a home of its own with `paintgraph` in its path."""
    home = Path.cwd()
    program = home / "bin/paintgraph"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    told = subprocess.run(
        shell,
        env={**os.environ, "PATH": path, "HOME": str(home)},
        input="\n".join(asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=OUTER_SECONDS,
    )
    return told.stdout.splitlines()


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
    told = answers(["bash", "--norc", "-c", ASK], asked)

    assert dict(zip(asked, told, strict=True)) == asked


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish here")
@pytest.mark.usefixtures("folder")
def test_fish_completes_too() -> None:
    asked = {
        "paintgraph vali": "validate\tName every fault of graphs at once.",
        "paintgraph run inpaint --match po": "poisson",
        "paintgraph run outpaint --sides left,r": "left,right",
    }

    told = answers(["fish", "--no-config", "-c", FISH], asked)

    assert dict(zip(asked, told, strict=True)) == asked


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh here")
def test_zsh_completes_too(folder: Path, paintgraph: Paintgraph) -> None:
    (folder / "functions").mkdir()
    (folder / "functions/_paintgraph").write_text(paintgraph("completion", "zsh").text)
    asked = {  # the first counts: what completes is loaded by it
        "paintgraph vali": "paintgraph validate ",
        "paintgraph run inpaint --match=po": "paintgraph run inpaint --match=poisson ",
        "paintgraph run outpaint --sides left,r": "paintgraph run outpaint --sides left,right ",
        "ls funct": "ls functions/",
    }

    told = answers(["zsh", "-f", "-c", ZSH], asked)

    assert dict(zip(asked, told, strict=True)) == asked


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


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        ("run inpaint --engine t", "numpy torch PIL networkx"),
        ("run inpaint --match p", "numpy PIL networkx pydantic"),
        ("models pull isnet-g", "numpy PIL networkx pydantic yaml"),
        ("nodes GrowM", "numpy PIL networkx pydantic yaml"),
    ],
)
def test_completing_loads_nothing_heavy(words: str, heavy: str) -> None:
    script = """
import sys
from paintgraph.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    asked = {"COMP_WORDS": f"paintgraph {words}", "COMP_CWORD": str(len(words.split()))}
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **asked, "_PAINTGRAPH_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout
    assert not {*heavy.split()} & {*told.stderr.split()}
