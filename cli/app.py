"""The commands and their options. What a command does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from paintgraph.cli.cluster import app as cluster
from paintgraph.cli.comfy_flags import ComfyCommand
from paintgraph.cli.commands import (
    GROUP,
    Debug,
    Device,
    GraphFile,
    GraphFiles,
    Help,
    InputDir,
    Json,
    Metadata,
    Nodes,
    Offline,
    OptionsFrom,
    Output,
    OwnTexts,
    PictureDir,
    TellingCommand,
    command,
    given_recipe,
    known,
    show_help,
)
from paintgraph.cli.jobs import app as kept_jobs
from paintgraph.cli.keys import app as keys
from paintgraph.cli.model_commands import app as models
from paintgraph.cli.opening import open_
from paintgraph.cli.serving import DataDir, Jobs, Objects, agent, serve
from paintgraph.cli.wishes import Gathering, Writing

app = typer.Typer(
    name="paintgraph",
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    **GROUP,
)
app.add_typer(models, name="models")
app.add_typer(kept_jobs, name="jobs")
app.add_typer(keys, name="keys")
app.add_typer(cluster, name="cluster")

SHELLS = ("bash", "zsh", "fish")
_WITH_INPUTS = {"allow_extra_args": True, "ignore_unknown_options": True}
_TYPED = {**_WITH_INPUTS, "help_option_names": []}  # their help is that of the recipe

RecipeName = Annotated[
    str,
    typer.Argument(
        help="A recipe's name, a graph's file, or - for standard input.",
        autocompletion=known("recipes"),
    ),
]
Profile = Annotated[bool, typer.Option("--profile", help="Show where time and memory went.")]
Stop = Annotated[
    bool, typer.Option("--stop", help="End at the first failing node, not after the rest.")
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Compute everything; use and keep no earlier result.")
]


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it
    if wanted:
        from paintgraph.base.packages import installed_version

        typer.echo(f"paintgraph {installed_version('paintgraph')}")
        raise typer.Exit


@app.callback()
def paintgraph(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Select a part of a picture and repaint it, or continue the picture past its edges.

    Exit codes: 0 done; 1 failed, or faults were found; 2 the command or an option is wrong; 3 some
    pictures failed and others did not, or a replay gave other pixels.
    """


@command(app, subject="recipe", context_settings=_TYPED, cls=TellingCommand)
def run(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    recipe: RecipeName = "",
    output: Output = None,
    options: OptionsFrom = None,  # noqa: ARG001 - its callback acts
    output_dir: Annotated[
        Path, typer.Option(help="Folder for what the graph's own save nodes write.")
    ] = Path(),
    input_dir: InputDir = Path(),
    profile: Profile = False,
    stop: Stop = False,
    fresh: Fresh = False,
    metadata: Metadata = None,
    graph: OwnTexts = None,
    device: Device = "auto",
    nodes: Nodes = None,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    json: Json = False,
    debug: Debug = False,
    help_: Help = False,
    *,
    writing: Writing,
    gathering: Gathering,
) -> int:
    """Run a recipe or graph. For example: paintgraph run outpaint photo.jpg -o wide.png.

    Folders, patterns and several pictures are run one by one, with the models loaded once:
    paintgraph run generate_mask photos -o masks. Exit code 3: some of them failed.
    """
    if help_ or not recipe:
        return show_help(context, recipe, nodes, wanted=help_)
    from paintgraph.cli.preparing import RunOptions
    from paintgraph.cli.running import run_recipe

    recipe, arguments = given_recipe(context, recipe)
    wishes = RunOptions(
        recipe=recipe,
        arguments=arguments,
        filed=context.obj,
        outputs=tuple(output or ()),
        output_dir=output_dir,
        input_dir=input_dir,
        profile=profile,
        stop=stop,
        fresh=fresh,
        metadata=metadata,
        graph=graph,
        device=device,
        nodes=tuple(nodes or ()),
        json=json,
        debug=debug,
        writing=writing,
        gathering=gathering,
    )
    return run_recipe(wishes)


@command(app)
def validate(
    files: GraphFiles,
    pictures: PictureDir = None,
    nodes: Nodes = None,
    json: Json = False,
) -> int:
    """Name every fault of graphs at once. Exit code 1: there are some.

    Models and pictures that are missing on this machine are warnings, no faults of a graph.
    """
    from paintgraph.cli.checking import validate_files

    return validate_files(files, nodes or (), pictures, json=json)


@command(app, "nodes", subject="name")
def nodes_(
    name: Annotated[
        str, typer.Argument(help="A node, or a word to look for.", autocompletion=known("nodes"))
    ] = "",
    nodes: Nodes = None,
    json: Json = False,
) -> int:
    """List the nodes, find some by a word, or describe one."""
    from paintgraph.cli.describing import describe_nodes

    return describe_nodes(name, nodes or (), json=json)


@command(app, subject="name")
def recipes(
    name: Annotated[
        str, typer.Argument(help="One recipe to describe.", autocompletion=known("recipes"))
    ] = "",
    nodes: Nodes = None,
    json: Json = False,
) -> int:
    """List the recipes, or describe one."""
    from paintgraph.cli.describing import describe_recipes

    return describe_recipes(name, nodes or (), json=json)


@command(app, subject="name")
def schema(
    name: Annotated[
        str, typer.Argument(help="A recipe or node; without one, the recipe format itself.")
    ] = "",
    nodes: Nodes = None,
) -> int:
    """Print a JSON Schema, for editors and programs."""
    from paintgraph.cli.describing import print_schema

    return print_schema(name, nodes or ())


@command(app, subject="file")
def init(
    file: Annotated[str, typer.Argument(help="Recipe to write, such as my_recipe.yaml.")],
    copy: Annotated[
        str, typer.Option("--copy", metavar="RECIPE", help="Begin with a copy of this recipe.")
    ] = "",
    nodes: Nodes = None,
) -> int:
    """Write a recipe to begin with, and its schema for editors."""
    from paintgraph.cli.beginning import begin_recipe

    return begin_recipe(file, copy, nodes or ())


@command(app, subject="file")
def convert(
    file: GraphFile,
    to: Annotated[
        str,
        typer.Option(
            help="yaml, json, comfy (ComfyUI's API format) or editor (a workflow of its page) or "
            "recipe (what does a sampler graph's job here); by default as the file's suffix says"
        ),
    ] = "",
    output: Annotated[str, typer.Option("--output", "-o", help="File to write.")] = "-",
    nodes: Nodes = None,
) -> int:
    """Turn a graph from one format into another without loss."""
    from paintgraph.cli.reformatting import convert_file

    return convert_file(file, to, output, nodes or ())


@command(app, subject="recipe", context_settings=_TYPED, cls=TellingCommand)
def explain(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            help="As for run, with the recipe's options.", autocompletion=known("recipes")
        ),
    ] = "",
    output: Output = None,
    options: OptionsFrom = None,  # noqa: ARG001 - its callback acts
    input_dir: InputDir = Path(),
    metadata: Metadata = None,
    graph: OwnTexts = None,
    device: Device = "auto",
    nodes: Nodes = None,
    json: Json = False,
    help_: Help = False,
    *,
    writing: Writing,
    gathering: Gathering,
) -> int:
    """Show what a run would compute, and why. What is kept is named, too; nothing is run."""
    if help_ or not recipe:
        return show_help(context, recipe, nodes, wanted=help_)
    from paintgraph.cli.explaining import explain_recipe
    from paintgraph.cli.preparing import RunOptions

    recipe, arguments = given_recipe(context, recipe)
    wishes = RunOptions(
        recipe=recipe,
        arguments=arguments,
        filed=context.obj,
        outputs=tuple(output or ()),
        input_dir=input_dir,
        metadata=metadata,
        graph=graph,
        device=device,
        nodes=tuple(nodes or ()),
        json=json,
        writing=writing,
        gathering=gathering,
    )
    return explain_recipe(wishes)


@command(app, subject="file", context_settings=_WITH_INPUTS)
def replay(  # noqa: PLR0913 - the command's options
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A PNG or WebP that was written here, or a bundle.")],
    input_dir: InputDir = Path(),
    device: Device = "auto",
    nodes: Nodes = None,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
    json: Json = False,
) -> int:
    """Run a picture's graph again and compare. Exit code 0: equal; 3: not; 1: it cannot run.

    What differs is named: versions, models, device, inputs. Inputs that are not found are given as
    for run: paintgraph replay out.png --image photo.jpg.
    """
    from paintgraph.cli.preparing import RunOptions
    from paintgraph.cli.replaying import replay_file

    return replay_file(
        RunOptions(
            recipe=file,
            arguments=tuple(context.args),
            input_dir=input_dir,
            device=device,
            nodes=tuple(nodes or ()),
            json=json,
        )
    )


@command(app, subject="file", context_settings=_WITH_INPUTS)
def bundle(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A PNG or WebP that was written here.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="ZIP file to write.")],
    input_dir: InputDir = Path(),
    nodes: Nodes = None,
) -> int:
    """Pack a picture, its graph and inputs into a ZIP file. It is replayed anywhere."""
    from paintgraph.cli.preparing import RunOptions
    from paintgraph.cli.replaying import bundle_file

    arguments = tuple(context.args)
    options = RunOptions(file, arguments, input_dir=input_dir, nodes=tuple(nodes or ()))
    return bundle_file(options, output)


@command(app)
def doctor(jobs: Jobs = None, objects: Objects = None, json: Json = False) -> int:
    """Check the installation: versions, folders, engines. And a job store and bucket, if named."""
    from paintgraph.cli.doctor import examine

    return examine(jobs, objects, json=json)


@command(app, subject="packs")
def packs(nodes: Nodes = None, json: Json = False) -> int:
    """List node packs: their nodes, and what fails. Exit code 1 if one does.

    What is missing and what was refused is named, too.
    """
    from paintgraph.cli.packs import list_packs

    return list_packs(nodes or (), json=json)


command(app, has_log=True, cls=ComfyCommand)(serve)
command(app, has_log=True)(agent)
command(app, "open", subject="graph", context_settings=_TYPED)(open_)


@command(app)
def clean(
    data_dir: DataDir = None,
    jobs: Jobs = None,
    objects: Objects = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be removed; remove nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Remove what is older or more than the settings keep. Servers do so by themselves, too."""
    from paintgraph.cli.keeping import Place, clean_folder

    return clean_folder(Place(data_dir, jobs, objects), dry_run=dry_run, json=json)


@command(app, subject="shell")
def completion(
    shell: Annotated[
        str,
        typer.Argument(
            help=f"{', '.join(SHELLS)}.",
            autocompletion=lambda incomplete: [s for s in SHELLS if s.startswith(incomplete)],
        ),
    ],
) -> int:
    """Print what makes the tab key complete commands and names.

    Names are those of recipes, their options and values, models and nodes. For example, in
    ~/.bashrc: source <(paintgraph completion bash)
    """
    from paintgraph.cli.completing import script

    typer.echo(script(shell, SHELLS))
    return 0


def main() -> None:
    """The program."""
    from paintgraph.cli.voice import hush_libraries

    hush_libraries()
    app(prog_name="paintgraph")
