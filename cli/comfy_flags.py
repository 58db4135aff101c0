"""Flags that programs pass to ComfyUI's entry point, as flags of `paintgraph serve`.

Those that have a meaning here are translated; the others are named and passed over, so that a
start script works as it is.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer

from paintgraph.cli.commands import Command

_ALL = ("0.0.0.0", "::", "0.0.0.0,::", "*")  # noqa: S104 - names that are compared
_NAMES = """
--auto-launch --disable-auto-launch --cuda-malloc --disable-cuda-malloc --fp64-unet
--fp8_e4m3fn-unet --fp8_e5m2-unet --fp8_e8m0fnu-unet --fp16-vae --fp32-vae --bf16-vae --cpu-vae
--fp8_e4m3fn-text-enc
--fp8_e5m2-text-enc --fp16-text-enc --fp32-text-enc --bf16-text-enc --force-channels-last
--disable-ipex-optimize --supports-fp8-compute --use-split-cross-attention
--use-quad-cross-attention --use-pytorch-cross-attention --use-sage-attention
--use-flash-attention --disable-xformers --force-upcast-attention --dont-upcast-attention
--use-ck-attention --async-offload --disable-async-offload --disable-cuda-graphs
--disable-pinned-memory --force-non-blocking --fast-disk --enable-triton-backend
--disable-triton-backend --deterministic --mmap-torch-files --disable-mmap --dont-print-server
--debug-hang --quick-test-for-ci --create-directories --windows-standalone-build
--disable-api-nodes --log-stdout --enable-compress-response-body --enable-manager
--disable-manager-ui --enable-manager-legacy-ui --enable-assets --enable-asset-hashing
--disable-assets-autoscan --feature-flag --list-feature-flags
--directml --oneapi-device-selector --preview-method --preview-size --cache-ram
--high-ram --default-hashing-function --fast --whitelist-custom-nodes --blacklist-custom-nodes
--verbose --front-end-version --comfy-api-base --database-url
"""
_NO_MEANING = frozenset(_NAMES.split())
"""With their values, if they have some, they change nothing: what they tune is not here."""

_OF_MEMORY = frozenset(
    (
        *("--lowvram", "--novram", "--normalvram", "--reserve-vram", "--vram-headroom"),
        *("--disable-smart-memory", "--enable-dynamic-vram", "--disable-dynamic-vram"),
    )
)
_PASSED_OVER = "the flag {} of ComfyUI changes nothing here; it is passed over."
_BY_SETTING = (
    "the flag {} of ComfyUI changes nothing here: models share what the setting model_bytes "
    "allows, by default most of a device's memory. Set PAINTGRAPH_MODEL_BYTES for another bound."
)
_VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
_MOST_DEVICES = 32


class ComfyCommand(Command):
    """A command that takes ComfyUI's flags beside its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, ComfyUI's flags as ours."""
        return super().parse_args(ctx, with_own_flags(args, partial(typer.echo, err=True)))


def with_own_flags(arguments: list[str], tell: Callable[[str], None]) -> list[str]:
    """The arguments with our flags in place of ComfyUI's; `tell` gets what has no meaning here."""
    own: list[str] = []
    for flag, values in _grouped(arguments):
        if flag in _NO_MEANING | _OF_MEMORY:
            tell((_BY_SETTING if flag in _OF_MEMORY else _PASSED_OVER).format(flag))
        elif flag in _MEANINGS:
            own += _MEANINGS[flag](values, tell)
        else:
            own += [flag, *values] if flag else values
    return own


def _grouped(arguments: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each flag with the values behind it; values before the first flag have none."""
    flag, values = "", list[str]()
    for argument in arguments:
        if not argument.startswith("--"):
            values.append(argument)
            continue
        if flag or values:
            yield flag, values
        name, is_joint, value = argument.partition("=")
        is_ours = name not in _MEANINGS.keys() | _NO_MEANING | _OF_MEMORY
        flag, values = (argument, []) if is_ours else (name, [value] if is_joint else [])
    if flag or values:
        yield flag, values


Tell = Callable[[str], None]
Meaning = Callable[[list[str], Tell], list[str]]


def _listen(values: list[str], _: Tell) -> list[str]:
    """Alone it means every address, which needs a key."""
    host = values[0] if values else ""
    return [f"--host={'' if host in _ALL else host}", *values[1:]]


def _origin(values: list[str], tell: Tell) -> list[str]:
    if values and values[0] != "*":
        return ["--origin", *values]
    tell(
        "--enable-cors-header names no web page; pages of every site are never let in. Name one, "
        "as in --enable-cors-header https://studio.example."
    )
    return values[1:]


def _upload_size(values: list[str], _: Tell) -> list[str]:
    """ComfyUI counts in MiB, also in parts of one."""
    try:
        size = str(int(float(values[0]) * 2**20))
    except (ValueError, OverflowError, IndexError):
        size = values[0] if values else ""
    return ["--max-body-bytes", size, *values[1:]]


def _base(values: list[str], _: Tell) -> list[str]:
    """Its folders as ComfyUI calls them, and one more for all else."""
    if not values:
        return ["--data-dir"]
    base = Path(values[0])
    kinds = ("input", "output", "temp", "user")
    places = [text for kind in kinds for text in (f"--{kind}-dir", str(base / kind))]
    return ["--data-dir", str(base / "paintgraph"), *places, *values[1:]]


def _model_paths(values: list[str], tell: Tell) -> list[str]:
    """For this process and those that it starts; packs that the file names are loaded, as there."""
    from paintgraph.models.catalogue.places import COMFY_VARIABLE

    if not values:
        return []
    os.environ[COMFY_VARIABLE] = values[0]
    if b"custom_nodes" not in _content(values[0]):
        return values[1:]
    tell(
        f"'{values[0]}' names folders of custom_nodes: the node packs in them, which are programs, "
        "are loaded. Take custom_nodes out of the file to load none."
    )
    return ["--node-packs", *values]


def _content(file: str) -> bytes:
    """What is in a file; nothing if it cannot be read, which is told where it is used."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""


def _one_device(values: list[str], _: Tell) -> list[str]:
    """For this process and those that it starts: they see this accelerator only."""
    _show_devices(values[0] if values else "")
    return values[1:]


def _first_device(values: list[str], _: Tell) -> list[str]:
    """The same, but the others stay to be seen: models work on the first."""
    first = values[0] if values else ""
    others = (str(number) for number in range(_MOST_DEVICES) if str(number) != first)
    _show_devices(",".join((first, *others)) if first.isdigit() else first)
    return values[1:]


def _show_devices(numbers: str) -> None:
    if not numbers.replace(",", "").isdigit():
        message = f"'{numbers}' is no number of a device; they count from 0. Name one."
        raise typer.BadParameter(message, param_hint="--cuda-device, --default-device")
    for name in _VISIBLE:
        os.environ[name] = numbers


def _no_packs(values: list[str], _: Tell) -> list[str]:
    """Whatever the variable or the file of settings says."""
    os.environ["PAINTGRAPH_NODE_PACKS"] = ""
    return values


def _no_tls(_: list[str], __: Tell) -> list[str]:
    """Passing it over would send in the open what was to be hidden."""
    message = "the server speaks plain HTTP. Put a proxy before it that speaks TLS."
    raise typer.BadParameter(message, param_hint="--tls-keyfile, --tls-certfile")


def _same_as(*ours: str) -> Meaning:
    return lambda values, _: [*ours, *values]


_MEANINGS: Mapping[str, Meaning] = {
    "--listen": _listen,
    "--enable-cors-header": _origin,
    "--max-upload-size": _upload_size,
    "--base-directory": _base,
    "--extra-model-paths-config": _model_paths,
    "--input-directory": _same_as("--input-dir"),
    "--output-directory": _same_as("--output-dir"),
    "--temp-directory": _same_as("--temp-dir"),
    "--user-directory": _same_as("--user-dir"),
    "--cpu": _same_as("--device", "cpu"),
    "--cuda-device": _one_device,
    "--default-device": _first_device,
    "--force-fp16": _same_as("--dtype", "float16"),
    "--fp16-unet": _same_as("--dtype", "float16"),
    "--bf16-unet": _same_as("--dtype", "bfloat16"),
    "--force-fp32": _same_as("--dtype", "float32"),
    "--fp32-unet": _same_as("--dtype", "float32"),
    "--gpu-only": _same_as("--model-idle-seconds", "0"),
    "--highvram": _same_as("--model-idle-seconds", "0"),
    "--disable-all-custom-nodes": _no_packs,
    "--cache-none": _same_as("--no-keep-results"),
    "--cache-classic": _same_as("--most-results", "0"),
    "--cache-lru": _same_as("--most-results"),
    "--disable-metadata": _same_as("--no-graph"),
    "--tls-keyfile": _no_tls,
    "--tls-certfile": _no_tls,
}
