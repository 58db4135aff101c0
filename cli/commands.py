"""What makes a function a command, and the flags that several commands take."""

import dataclasses
import inspect
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from paintgraph.base.environment import OFFLINE_VARIABLE

Act = Callable[..., int]


def _go_offline(wanted: bool) -> bool:  # noqa: FBT001 - typer calls it
    """For this process and those that it starts."""
    if wanted:
        os.environ[OFFLINE_VARIABLE] = "1"
    return wanted


Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show tracebacks, and what a failed node was given.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but faults.")]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        help="Say every step and its time; -vv also what libraries log.",
    ),
]
Nodes = Annotated[
    list[str] | None,
    typer.Option("--nodes", help="Python file or module with own nodes; repeat it for several."),
]
NodePacks = Annotated[
    list[str] | None,
    typer.Option(
        "--node-packs",
        help="Folder with node packs written for ComfyUI; repeat it for several. Their code is "
        "run: name only what you trust.",
    ),
]
AllowPacks = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-packs",
        help="What packs may do when they are imported: subprocess, network, write; and routes, to "
        "answer HTTP requests. Repeatable.",
    ),
]
PackSeconds = Annotated[
    float | None,
    typer.Option(help="How long a pack may take to be imported; by default 60 s."),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline", callback=_go_offline, help="Make no connection; as HF_HUB_OFFLINE=1 does."
    ),
]

Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        help="File for the result, or NAME=FILE. - is stdout; the suffix .* stands for that of the "
        "given picture's format.",
    ),
]
InputDir = Annotated[
    Path, typer.Option(help="Folder in which the graph's own file names are looked up.")
]
Metadata = Annotated[
    str | None,
    typer.Option(
        metavar="keep|private|none",
        help="What results keep of what the given picture says of itself: all; colours, "
        "resolution and copyright; or colours and resolution only. By default what the recipe "
        "says, else keep.",
    ),
]
OwnTexts = Annotated[
    bool | None,
    typer.Option(
        "--graph/--no-graph",
        help="Write the graph and the numbers of a repaint into PNG files; so do --metadata "
        "without a value, and --no-metadata. By default what the recipe says, else it is written.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        envvar="PAINTGRAPH_DEVICE", help="Where models work: cpu, cuda, mps; auto takes the best."
    ),
]
GraphFile = Annotated[str, typer.Argument(help="A graph's file, or - for standard input.")]
GraphFiles = Annotated[
    list[str],
    typer.Argument(help="Graphs' files, folders of them, patterns, recipes, or - for stdin."),
]
PictureDir = Annotated[
    Path | None,
    typer.Option(
        "--input-dir", help="Folder of the graphs' pictures; those that are missing are told."
    ),
]


def _take_options(context: typer.Context, path: Path | None) -> Path | None:
    """Options of a file are what the command line does not say."""
    if path is not None and not context.resilient_parsing:
        from paintgraph.cli.faults import guard
        from paintgraph.cli.options_file import read_options
        from paintgraph.cli.voice import set_loudness

        def read() -> int:
            context.obj = read_options(path, context.command.params)
            context.default_map = dict(context.obj.own)
            return 0

        set_loudness(0, quiet=False)
        if code := guard(read, "", debug=False):
            raise typer.Exit(code)
    return path


def given_recipe(context: typer.Context, recipe: str) -> tuple[str, tuple[str, ...]]:
    """The recipe, and what is left of the arguments: where a file names it, options come first."""
    filed = context.obj.own.get("recipe") if context.obj else None
    if filed and recipe.startswith("--"):
        return filed, (recipe, *context.args)
    return recipe, tuple(context.args)


OptionsFrom = Annotated[
    Path | None,
    typer.Option(
        "--options",
        metavar="FILE",
        is_eager=True,
        callback=_take_options,
        help="YAML or JSON file with options of the command and the recipe, such as 'seed: 7'; "
        "what is also written here counts more.",
    ),
]
Help = Annotated[bool, typer.Option("--help", "-h", help="Show the recipe's own options.")]


class Command(typer.core.TyperCommand):
    """A command whose names are completed without a look at its values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments."""
        take_as_written(self, ctx)
        return super().parse_args(ctx, args)


class Group(typer.core.TyperGroup):
    """Commands that are completed without a look at values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments."""
        take_as_written(self, ctx)
        return super().parse_args(ctx, args)


GROUP: Mapping[str, Any] = {"cls": Group, "no_args_is_help": True, "rich_markup_mode": None}
"""How groups are made: without markup, as boxes would double the time that --help takes."""


def take_as_written(command: Any, context: Any) -> None:
    """At the tab key, leave values as they are: what coerces them takes as long as all the rest."""
    if context.resilient_parsing:
        for parameter in command.get_params(context):
            parameter.process_value = lambda _, value: value


def command(
    group: typer.Typer,
    name: str | None = None,
    *,
    subject: str = "",
    has_log: bool = False,
    cls: type[Command] = Command,
    **settings: Any,
) -> Callable[[Act], Act]:
    """Make a function that gives an exit code a command of the group, with the flag --debug.

    It has --quiet and --verbose, too, unless it writes a log of its own.

    One that takes `nodes` has the options of node packs, too, unless it names them itself.

    A parameter whose type is a dataclass stands for an option for each of its fields.

    What it raises is reported as messages. They begin with `subject`, or with the value of the
    parameter of this name; by default with the command's name.
    """

    def declare(act: Act) -> Act:
        signature = inspect.signature(act)
        groups = _groups(signature)
        more: dict[str, tuple[Any, Any]] = {"debug": (Debug, False)}
        if not has_log:
            more |= {"quiet": (Quiet, False), "verbose": (Verbose, 0)}
        takes_packs = "nodes" in signature.parameters and "node_packs" not in signature.parameters
        if takes_packs:
            more |= {"node_packs": (NodePacks, None), "allow_packs": (AllowPacks, None)}
            more |= {"pack_seconds": (PackSeconds, None)}

        @wraps(act)
        def run(*, debug: bool, quiet: bool = False, verbose: int = 0, **given: Any) -> NoReturn:
            from paintgraph.cli.faults import guard
            from paintgraph.cli.voice import set_loudness

            set_loudness(verbose, quiet=quiet)
            perform = _with_packs(act) if takes_packs else act
            if "debug" in signature.parameters:
                given["debug"] = debug
            for name_, kind in groups.items():
                fields = [field.name for field in dataclasses.fields(kind)]
                given[name_] = kind(**{name: given.pop(name) for name in fields})
            what = given.get(subject, subject) or act.__name__.rstrip("_")
            json = given.get("json", False)
            raise typer.Exit(guard(_placing(perform, given), what, debug=debug, json=json))

        parameters = {each.name: each for each in _spread(signature, groups)}
        for option, (annotation, default) in more.items():
            parameters.setdefault(option, _option(option, annotation, default))
        run.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined] # typer reads it
        run.__annotations__ = {name: each.annotation for name, each in parameters.items()}
        group.command(name, cls=cls, **settings)(run)
        return act

    return declare


def _placing(act: Act, given: Mapping[str, Any]) -> Callable[[], int]:
    """The act with what it is given; faults of options that a file gives have the file's lines."""

    def perform() -> int:
        return act(**given)

    context = given.get("context")
    return context.obj.placing(perform, context) if context and context.obj else perform


def _groups(signature: inspect.Signature) -> dict[str, type[Any]]:
    """The parameters that stand for a group of options, and the dataclass of each."""
    return {
        name: kind
        for name, parameter in signature.parameters.items()
        if isinstance(kind := parameter.annotation, type) and dataclasses.is_dataclass(kind)
    }


def _spread(
    signature: inspect.Signature, groups: Mapping[str, type[Any]]
) -> Iterator[inspect.Parameter]:
    """The parameters, with the fields of a group's dataclass in place of the group."""
    for name, parameter in signature.parameters.items():
        if name not in groups:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            continue
        for field in dataclasses.fields(groups[name]):
            yield _option(field.name, field.type, field.default)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _with_packs(act: Act) -> Act:
    """The command with the nodes of packs among `nodes`, in a process that packs may end."""

    def perform(
        *,
        node_packs: list[str] | None,
        allow_packs: list[str] | None,
        pack_seconds: float | None,
        **given: Any,
    ) -> int:
        if not node_packs:
            return act(**given)
        from paintgraph.cli.packs import loads_here, pack_loader, run_aside

        if not loads_here():
            return run_aside(node_packs, pack_seconds)
        folders = given.get("input_dir"), given.get("output_dir")
        loader = pack_loader(node_packs, allow_packs or (), *folders)
        return act(**{**given, "nodes": [*(given["nodes"] or ()), loader]})

    return perform


def known(kind: str) -> Callable[[str], list[str]]:
    """What completes a name of this kind at the tab key: recipes, models, nodes."""

    def complete(incomplete: str) -> list[str]:
        from paintgraph.cli import completing

        found: list[str] = getattr(completing, kind)(incomplete)
        return found

    return complete


ModelNames = Annotated[
    list[str], typer.Argument(help="Names of models.", autocompletion=known("models"))
]


class TellingCommand(Command):
    """A command that takes a recipe's options, and whose --metadata may stand without a value."""

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """What the tab key gives: the command's options, the recipe's, and their values."""
        from paintgraph.cli import completing

        recipe = ctx.params.get("recipe") or ""
        if incomplete.startswith("-"):
            own = super().shell_complete(ctx, incomplete)
            return [*completing.options(recipe, incomplete), *own]
        given = [*ctx.args]
        if given[-1:] == ["="]:  # bash takes --option=value for three words
            given.pop()
        last = given[-1] if given else ""
        return [*completing.values(recipe, last, incomplete)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, with the newer names of those that have them."""
        try:
            return super().parse_args(ctx, with_newer_names(args))
        except typer.BadParameter as error:
            if ctx.obj and error.param and error.param.name:
                error.message = ctx.obj.where(error.param.name, ctx) + error.message
            raise


def with_newer_names(arguments: Sequence[str]) -> list[str]:
    """The arguments with --graph for a --metadata without a value, and --no-graph."""
    from paintgraph.base.words import suggestion
    from paintgraph.engine.graph.graph import METADATA

    newer = []
    for given, after in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        is_value = bool(suggestion(after, METADATA))  # a misspelt one, too
        if given == "--metadata" and not is_value:
            newer.append("--graph")
        else:
            newer.append("--no-graph" if given == "--no-metadata" else given)
    return newer


def show_help(context: typer.Context, recipe: str, nodes: list[str] | None, *, wanted: bool) -> int:
    """Show a recipe's own options, or those of the command; or say that the recipe is missing."""
    if recipe:
        from paintgraph.cli.describing import run_help

        return run_help(recipe, nodes or ())
    if wanted:
        typer.echo(context.get_help())
        return 0
    typer.echo("the recipe is missing. 'paintgraph recipes' lists them. [missing_recipe]", err=True)
    return 2
