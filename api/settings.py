"""Settings of the server, from flags, else PAINTGRAPH_* variables, else a TOML file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from platformdirs import user_config_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from paintgraph.api.http.received import MOST_BYTES
from paintgraph.api.http.requests import MAX_BYTES
from paintgraph.api.services.parts import FooocusChoices
from paintgraph.base.errors import Error
from paintgraph.base.logs import LogForm
from paintgraph.base.names import legible
from paintgraph.engine.graph.graph import Metadata
from paintgraph.imaging.files.examine import MOST_PIXELS
from paintgraph.jobs.retention.rules import Retention
from paintgraph.jobs.sources.addresses import FetchError, parse_url
from paintgraph.jobs.sources.folders import Folders, default_folders
from paintgraph.jobs.store.claims import LEASE_SECONDS
from paintgraph.jobs.store.database import Durability
from paintgraph.jobs.workers.handle import LOADING_SECONDS, MOST_LOADING_SECONDS
from paintgraph.models.loading.devices import Dtype
from paintgraph.nodes.packs.loading.guard import Freedom

CONFIG_VARIABLE = "PAINTGRAPH_CONFIG"
PORT = 7866
_BIGGEST_PORT = 65535
_WEEK = 604_800
"""Seconds; longer no address of S3 is good."""
_MOST_FRACTION = 8


class SettingsError(Error):
    """A setting cannot be used."""

    code = "bad_setting"


def _split(value: object) -> object:
    """A list may be written as one text with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]


def _check_folder(folder: Path) -> Path:
    """The folder; its name is kept in the jobs' database, which holds text only."""
    name = str(folder)
    if legible(name) != name:
        raise ValueError(
            f"'{legible(name)}' should be UTF-8, which each byte shown as \\xNN is not"
        )
    return folder


def _check_own_folder(folder: Path | None) -> Path | None:
    return None if folder is None else _check_folder(folder.absolute())


def _check_jobs(address: SecretStr | None) -> SecretStr | None:
    known = ("postgresql://", "postgres://")
    if address is not None and not address.get_secret_value().startswith(known):
        raise ValueError(
            "should be the address of a PostgreSQL database, such as "
            "postgresql://user:password@host:port/database"
        )
    return address


def _check_choices(choices: FooocusChoices) -> FooocusChoices:
    if not 0 < choices.outpaint_fraction <= _MOST_FRACTION:
        raise ValueError(f"outpaint_fraction should be above 0 and at most {_MOST_FRACTION}")
    if choices.base_url and not choices.base_url.startswith(("http://", "https://")):
        raise ValueError("base_url should start with http:// or https://")
    if choices.port is not None and not 0 <= choices.port <= _BIGGEST_PORT:
        raise ValueError(f"port should be 0 to {_BIGGEST_PORT}; 0 takes any that is free")
    try:
        if choices.webhook_url:
            parse_url(choices.webhook_url)
    except FetchError as error:
        raise ValueError(f"webhook_url: {error}") from error
    return choices


def _check_retention(retention: Retention) -> Retention:
    if name := retention.negative():
        raise ValueError(f"{name} should be 0 or more; 0 is no bound")
    return retention


_Checked = Annotated[FooocusChoices, AfterValidator(_check_choices)]


class Settings(BaseSettings):
    """What can be set.

    Attributes:
        host, port: where the server listens; port 0 takes any that is free.
        data_dir: jobs, results, inputs, outputs.
        jobs: the PostgreSQL database that keeps the jobs, for servers that share them, by its
            address postgresql://user:password@host:port/database; by default a file in `data_dir`.
        objects: the bucket, s3://bucket/prefix, for blobs and files of jobs; keys and endpoint are
            those of AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL.
        link_seconds: how long addresses in the bucket are good that clients are given; 0: none are.
        workers, light_workers: processes for jobs that paint, and for those that do not.
        no_workers: the server runs no job itself; agents do, which share its `jobs`.
        lease_seconds: after how long without a sign of life of its process a job in shared `jobs`
            is another's.
        memory_bytes: results that each worker keeps in memory.
        nodes: files and modules of other authors with nodes, loaded by each worker.
        node_packs: folders with node packs written for ComfyUI, loaded by each worker.
        allow_packs: what packs may do when they are imported: "subprocess", "network", "write";
            and "routes", to answer requests.
        pack_seconds: how long a pack may take to be imported before it is left out.
        api_keys: who sends none of them is refused; needed where others can reach the server.
        hosts: names under which the server is reached, beside this machine's.
        origins: web pages that may use the server, beside its own.
        allow_private_urls: fetch pictures from private networks, too.
        max_body_bytes: how large a request may be.
        max_pixels: how many pixels a picture may have that is read.
        bodies_bytes: how large the requests that are being received may be together.
        connections, address_connections: how many clients may hold together, and one address.
        queue_jobs, queue_bytes: how much may wait.
        grace_seconds: how long a cancelled job may take to stop by itself.
        patience_seconds: how long a job waits until its files can be written, and for the bucket.
        job_seconds: how long a job may be at work; 0: as long as it takes.
        stall_seconds: after how long a worker that stands still is replaced; 0: never.
        worker_bytes: memory that each worker may take; 0: four fifths of what there is.
        drain_seconds: how long jobs at work may take when the server is asked to end.
        durability: "full" survives a loss of power, "normal" a crash.
        auto_engine: what paints where a graph says `auto`; "auto": the best that there is.
        allow_model_pull: fetch models when clients ask for it.
        device: where models work: "auto" takes an accelerator that is there, else "cpu".
        dtype: with which samples models work; "auto" leaves it to them.
        model_bytes: memory of a device for the models of a worker; 0 takes a part of what there is.
        model_idle_seconds: how long a model stays in memory that nobody uses; 0: for ever.
        metadata: what results keep of what given pictures say of themselves, unless somebody says.
        graph: whether files of results carry how they were made, unless somebody says.
        keep_results: whether what was computed is kept, so that equal nodes need not run again.
        most_results: how many results each worker keeps, or those of its last job if these are
            more, and none on disk; 0: these alone. Unless it is set, as many as fit.
        input_dir, output_dir, temp_dir, user_dir: folders of named pictures, of what jobs save and
            show, and of what ComfyUI's page keeps, where they lie outside the data folder.
        log: how requests and ends of jobs are told: "text", "json", "off".
        multi_user: clients of ComfyUI's protocol name a user each, who has settings of their own.
        front_end_root: folder of another build of ComfyUI's page than the installed package's.
        fooocus: choices of the API of FooocusAPI, such as `fooocus.outpaint_fraction`.
        retention: how long things are kept and how much of them, such as `retention.jobs_days`.
    """

    model_config = SettingsConfigDict(
        env_prefix="PAINTGRAPH_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )
    config: ClassVar[Path | None] = None

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=_BIGGEST_PORT)] = PORT
    data_dir: Annotated[Path, AfterValidator(_check_folder)] = Field(
        default_factory=lambda: default_folders().data
    )
    jobs: Annotated[SecretStr | None, AfterValidator(_check_jobs)] = None
    objects: str | None = None
    link_seconds: Annotated[int, Field(ge=0, le=_WEEK)] = 3600
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    light_workers: Annotated[int, Field(ge=1, le=64)] = 1
    no_workers: bool = False
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = LEASE_SECONDS
    memory_bytes: Annotated[int, Field(ge=0)] = 512 * 2**20
    nodes: Texts = ()
    node_packs: Texts = ()
    allow_packs: Annotated[tuple[Freedom, ...], NoDecode, BeforeValidator(_split)] = ()
    pack_seconds: Annotated[float, Field(gt=0, le=MOST_LOADING_SECONDS)] = LOADING_SECONDS
    api_keys: Secrets = ()
    hosts: Texts = ()
    origins: Texts = ()
    allow_private_urls: bool = False
    max_body_bytes: Annotated[int, Field(ge=1024)] = MAX_BYTES
    max_pixels: Annotated[int, Field(ge=1)] = MOST_PIXELS
    bodies_bytes: Annotated[int, Field(ge=1024)] = MOST_BYTES
    connections: Annotated[int, Field(ge=1)] = 4096
    address_connections: Annotated[int, Field(ge=1)] = 256
    queue_jobs: Annotated[int, Field(ge=1)] = 1000
    queue_bytes: Annotated[int, Field(ge=1)] = 512 * 2**20
    grace_seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    patience_seconds: Annotated[float, Field(ge=0, le=86400)] = 60.0
    job_seconds: Annotated[float, Field(ge=0)] = 0.0
    stall_seconds: Annotated[float, Field(ge=0)] = 60.0
    worker_bytes: Annotated[int, Field(ge=0)] = 0
    drain_seconds: Annotated[float, Field(ge=0, le=86400)] = 30.0
    durability: Durability = "full"
    auto_engine: str = "auto"
    allow_model_pull: bool = False
    device: str = "auto"
    dtype: Dtype = "auto"
    model_bytes: Annotated[int, Field(ge=0)] = 0
    model_idle_seconds: Annotated[float, Field(ge=0)] = 600.0
    metadata: Metadata = "private"
    input_dir: Annotated[Path | None, AfterValidator(_check_own_folder)] = None
    output_dir: Annotated[Path | None, AfterValidator(_check_own_folder)] = None
    temp_dir: Annotated[Path | None, AfterValidator(_check_own_folder)] = None
    user_dir: Annotated[Path | None, AfterValidator(_check_own_folder)] = None
    keep_results: bool = True
    most_results: Annotated[int | None, Field(ge=0)] = None
    graph: bool = True
    log: LogForm = "text"
    multi_user: bool = False
    front_end_root: Path | None = None
    fooocus: _Checked = Field(default_factory=FooocusChoices)
    retention: Annotated[Retention, AfterValidator(_check_retention)] = Field(
        default_factory=Retention
    )

    @property
    def folders(self) -> Folders:
        """Where things are kept."""
        places = {
            "inputs": self.input_dir,
            "outputs": self.output_dir,
            "temp": self.temp_dir,
            "user": self.user_dir,
        }
        return Folders(self.data_dir, {n: path for n, path in places.items() if path is not None})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the role has it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the role has it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first."""
        file = TomlConfigSettingsSource(settings_cls, _config_file())
        return init_settings, env_settings, file


def load_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings, with flags that are not None before all else; raises SettingsError."""
    passed = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**passed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(step for step in first["loc"] if isinstance(step, str)) or "?"
        said = first["msg"].removeprefix("Value error, ")
        raise SettingsError(
            f"setting '{name}': {said[:1].lower()}{said[1:]}. "
            f"Change it in PAINTGRAPH_{name.upper()}, the flag or the file."
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"the settings cannot be read from '{_config_file()}': {error}. Mend the file."
        ) from error


def _config_file() -> Path:
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else user_config_path("paintgraph", appauthor=False) / "config.toml"
