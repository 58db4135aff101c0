"""The commands that start a server and an agent, and their options."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from paintgraph.cli.browsers import show
from paintgraph.cli.commands import AllowPacks, NodePacks, Nodes, Offline, PackSeconds

Host = Annotated[
    str | None, typer.Option(help="Where to listen; others than this machine need a key.")
]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes any that is free.")]
Workers = Annotated[int | None, typer.Option(help="Processes that paint.")]
LightWorkers = Annotated[int | None, typer.Option(help="Processes for jobs that paint nothing.")]
NoWorkers = Annotated[
    bool | None,
    typer.Option("--no-workers", help="Run no job here; agents do, which share --jobs."),
]
DataDir = Annotated[Path | None, typer.Option(help="Folder for jobs, results and uploads.")]
Jobs = Annotated[
    str | None,
    typer.Option(
        help="PostgreSQL database for jobs that servers share, postgresql://...; with a password "
        "better in PAINTGRAPH_JOBS."
    ),
]
Objects = Annotated[
    str | None,
    typer.Option(help="Bucket for pictures and files of jobs, s3://bucket/prefix (AWS_* say how)."),
]
Device = Annotated[
    str | None, typer.Option(help="Where models work: cpu, cuda, mps; auto takes the best.")
]
SampleType = Annotated[
    str | None,
    typer.Option("--dtype", help="Samples of models: float32, float16, bfloat16; auto is theirs."),
]
ModelIdleSeconds = Annotated[
    float | None,
    typer.Option(help="How long a model stays in memory that nobody uses; 0: for ever."),
]
ApiKey = Annotated[
    list[str] | None,
    typer.Option(help="A key that clients must send; better in PAINTGRAPH_API_KEYS."),
]
MultiUser = Annotated[
    bool | None, typer.Option(help="Clients of ComfyUI's protocol name a user each.")
]
KeepResults = Annotated[
    bool | None, typer.Option(help="Keep results, so that equal nodes need not run again.")
]
MostResults = Annotated[
    int | None, typer.Option(help="Keep so many results, or the last job's; 0: these alone.")
]
OwnTexts = Annotated[bool | None, typer.Option(help="Write into pictures how they were made.")]
MaxBodyBytes = Annotated[int | None, typer.Option(help="How large a request may be.")]
Origin = Annotated[list[str] | None, typer.Option(help="A web page that may use the server.")]
Log = Annotated[
    str | None, typer.Option(help="How requests and ends of jobs are told: text, json or off.")
]
FrontEndRoot = Annotated[
    Path | None, typer.Option(help="Folder of another build of ComfyUI's page.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the page to paint on in the browser.")]


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens."""

    host: Host = None
    port: Port = None
    fooocus_port: Annotated[
        int | None, typer.Option(help="Listen there, too, such as at 8888 of Fooocus-API.")
    ] = None

    def flags(self) -> dict[str, Any]:
        """By the settings' names."""
        fooocus = None if self.fooocus_port is None else {"port": self.fooocus_port}
        return {"host": self.host, "port": self.port, "fooocus": fooocus}


@dataclass(frozen=True, slots=True)
class Shared:
    """What servers and agents have in common that work on the same jobs."""

    jobs: Jobs = None
    objects: Objects = None
    lease: Annotated[
        float | None,
        typer.Option(
            help="Seconds without a sign of life after which a job in --jobs is another's; 30."
        ),
    ] = None

    def flags(self) -> dict[str, Any]:
        """By the settings' names."""
        return {"jobs": self.jobs, "objects": self.objects, "lease_seconds": self.lease}


@dataclass(frozen=True, slots=True)
class NamedFolders:
    """Folders that lie outside the data folder, by the settings' names."""

    input_dir: Annotated[Path | None, typer.Option(help="Folder of pictures that graphs name.")] = (
        None
    )
    output_dir: Annotated[Path | None, typer.Option(help="Folder of what jobs save.")] = None
    temp_dir: Annotated[Path | None, typer.Option(help="Folder of what jobs show.")] = None
    user_dir: Annotated[Path | None, typer.Option(help="Folder of what ComfyUI's page keeps.")] = (
        None
    )


def serve(  # noqa: PLR0913 - the command's options
    shared: Shared,
    named: NamedFolders,
    listening: Listening,
    workers: Workers = None,
    light_workers: LightWorkers = None,
    no_workers: NoWorkers = None,
    data_dir: DataDir = None,
    device: Device = None,
    dtype: SampleType = None,
    model_idle_seconds: ModelIdleSeconds = None,
    api_key: ApiKey = None,
    nodes: Nodes = None,
    node_packs: NodePacks = None,
    allow_packs: AllowPacks = None,
    pack_seconds: PackSeconds = None,
    multi_user: MultiUser = None,
    keep_results: KeepResults = None,
    most_results: MostResults = None,
    graph: OwnTexts = None,
    max_body_bytes: MaxBodyBytes = None,
    origin: Origin = None,
    log: Log = None,
    front_end_root: FrontEndRoot = None,
    open_: Open = False,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
) -> int:
    """Start the server: its page is at /, its API's at /docs. ComfyUI's flags are taken, too."""
    return _start(
        in_browser=open_,
        workers=workers,
        light_workers=light_workers,
        no_workers=no_workers,
        data_dir=data_dir,
        device=device,
        dtype=dtype,
        model_idle_seconds=model_idle_seconds,
        api_keys=api_key,
        nodes=nodes,
        node_packs=node_packs,
        allow_packs=allow_packs,
        pack_seconds=pack_seconds,
        multi_user=multi_user,
        keep_results=keep_results,
        most_results=most_results,
        graph=graph,
        max_body_bytes=max_body_bytes,
        origins=origin,
        log=log,
        front_end_root=front_end_root,
        **listening.flags(),
        **shared.flags(),
        **asdict(named),
    )


def agent(  # noqa: PLR0913 - the command's options
    shared: Shared,
    size: Annotated[
        Literal["heavy", "light"] | None,
        typer.Option(help="Take only jobs that paint, or only those that do not."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes for jobs of that size, or of each.")
    ] = None,
    data_dir: DataDir = None,
    device: Device = None,
    dtype: SampleType = None,
    model_idle_seconds: ModelIdleSeconds = None,
    nodes: Nodes = None,
    node_packs: NodePacks = None,
    allow_packs: AllowPacks = None,
    pack_seconds: PackSeconds = None,
    log: Log = None,
    offline: Offline = False,  # noqa: ARG001 - its callback acts
) -> int:
    """Work for servers that share jobs. It has their --jobs and --objects, but no address."""
    from paintgraph.agent import work
    from paintgraph.jobs.store.job import SIZES

    settings = _settings(
        workers=workers,
        light_workers=workers,
        data_dir=data_dir,
        device=device,
        dtype=dtype,
        model_idle_seconds=model_idle_seconds,
        nodes=nodes,
        node_packs=node_packs,
        allow_packs=allow_packs,
        pack_seconds=pack_seconds,
        log=log,
        **shared.flags(),
    )
    work(settings, typer.echo, SIZES if size is None else (size,))
    return 0


def _start(*, in_browser: bool, **flags: Any) -> int:
    """Start the server with the flags that were given."""
    from paintgraph.api.http.listening import reachable
    from paintgraph.server import serve as serve_until_ended

    def listening(line: str) -> None:
        typer.echo(line)
        if in_browser:
            show(f"{reachable(line.rpartition(' ')[2])}/", in_browser=True, aside=True)

    serve_until_ended(_settings(**flags), listening)
    return 0


def _settings(**flags: Any) -> Any:
    """The settings with the flags that were given."""
    from paintgraph.api.settings import load_settings

    return load_settings(
        {name: tuple(v) if isinstance(v, list) else v for name, v in flags.items() if v != []}
    )
