"""From LaMa's published TorchScript file to ONNX.

LaMa has Fourier transforms, and ONNX has no complex numbers: here these are a last axis of two, the
real and the imaginary part. A transform along an axis of n is a product with the matrix of cos and
sin of 2 pi jk/n, which the network makes for the size that it is given, so the converted file takes
any size as well.
"""

import hashlib
import io
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.words import first_line
from paintgraph.models.catalogue.readiness import ACCEPT_VARIABLE, check_packages
from paintgraph.models.errors import ModelError, RefusedModelError

PUBLISHED = "https://github.com/Sanster/models/releases/download/add_big_lama/big-lama.pt"
PUBLISHED_MD5 = "e3aa4aaa15225a33ec84f9f4bc47e500"
"""Where IOPaint gets the file, and the digest that it expects."""

WHITE = 255.0
"""What the converted network gives for white, as the entry `lama` of the catalogue says."""

_OPSET = 17
_SIZES = ((256, 256), (128, 192))  # px: the converted network is compared at both
_TOLERANCE = 0.02  # of 255
_INPUTS = ["image", "mask"]
_EXPECTED = f"allowed is the TorchScript file of LaMa, such as {PUBLISHED}"

_Graph = Any  # torch.onnx's graph and its values have no public types
_Value = Any


def convert_lama(source: Path, destination: Path) -> float:
    """Write a TorchScript file that takes `image, mask` as ONNX; gives how far the two differ.

    Both take a picture `[1, 3, H, W]` (0 to 1) and a mask `[1, 1, H, W]` (1: a hole). The
    original gives a picture of 0 to 1, the ONNX file one of 0 to 255. The difference is the largest
    of some samples, of 255.

    Raises ModelError for another file, or if the results differ; RefusedModelError for a file of
    another digest, since TorchScript is a program, unless such files are trusted.
    """
    check_packages("convert", ("torch", "torch"), ("onnx", "onnx"))
    data = _read(source)
    if os.environ.get(ACCEPT_VARIABLE) != "1":
        found = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if found != PUBLISHED_MD5:
            raise RefusedModelError(
                f"'{source}' has the MD5 digest {found}, and {PUBLISHED} has {PUBLISHED_MD5}; a "
                "file of TorchScript is a program, and this one is not known. Bring that file, or, "
                f"if you trust this one, set {ACCEPT_VARIABLE}=1."
            )
    module = _loaded(source, data)
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(f".{destination.name}.part")
    try:
        _export(source, module, part)
        _whiten(part)
        worst = _difference(source, module, part)
        part.replace(destination)
    finally:
        part.unlink(missing_ok=True)
    return worst


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise ModelError(
            f"'{source}' cannot be read: {error.strerror}; {_EXPECTED}. Check the path.",
            code="unreadable_file",
        ) from error


def _loaded(source: Path, data: bytes) -> Any:
    """The network, on the CPU."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = torch.jit.load(io.BytesIO(data), map_location="cpu")  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise _unfit(source, "it is no TorchScript file") from error
    takes = [argument.name for argument in network.forward.schema.arguments][1:]
    if takes != _INPUTS:
        raise _unfit(source, f"it takes {', '.join(takes) or 'nothing'}, not image, mask")
    return network.eval()


def _export(source: Path, module: Any, destination: Path) -> None:
    import torch

    example = tuple(torch.from_numpy(array) for array in _sample(*_SIZES[0]))
    sides = {2: "height", 3: "width"}
    with warnings.catch_warnings(), _fourier_transforms():
        warnings.simplefilter("ignore")  # of an exporter that has a successor, for other files
        try:
            torch.onnx.export(
                module,
                example,
                str(destination),
                dynamo=False,
                opset_version=_OPSET,
                input_names=_INPUTS,
                output_names=["output"],
                dynamic_axes=dict.fromkeys((*_INPUTS, "output"), sides),
            )
        except (RuntimeError, torch.onnx.OnnxExporterError) as error:
            raise _unfit(source, first_line(error)) from error


def _whiten(file: Path) -> None:
    """Multiply what an ONNX network gives, so that white is `WHITE`."""
    import onnx

    model = onnx.load(file)
    graph = model.graph
    (result,) = graph.output
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = ["_one" if name == result.name else name for name in names]
    white = onnx.numpy_helper.from_array(np.array(WHITE, np.float32), "_white")
    graph.initializer.append(white)
    graph.node.append(onnx.helper.make_node("Mul", ["_one", "_white"], [result.name]))
    onnx.save(model, file)


def _difference(source: Path, module: Any, converted: Path) -> float:
    """How far the results of both lie apart; raises ModelError if they are not the same."""
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(str(converted), providers=["CPUExecutionProvider"])
    worst = 0.0
    for size in _SIZES:
        image, mask = _sample(*size)
        with torch.no_grad():
            expected = module(torch.from_numpy(image), torch.from_numpy(mask)).numpy() * WHITE
        (given,) = session.run(None, dict(zip(_INPUTS, (image, mask), strict=True)))
        worst = max(worst, float(np.abs(given - expected).max()))
    if not worst <= _TOLERANCE * WHITE:
        raise _unfit(source, f"the converted network differs by {worst:g} of 255")
    return worst


def _sample(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A picture of noise, and a mask with a hole in its middle."""
    image = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    mask = np.zeros((1, 1, height, width), np.float32)
    mask[..., height // 3 : height // 2, width // 3 : width // 2] = 1
    return image, mask


def _unfit(source: Path, why: str) -> ModelError:
    message = f"'{source}' cannot be converted: {why}; {_EXPECTED}. Bring that file."
    return ModelError(message, code="unfit_model")


@contextmanager
def _fourier_transforms() -> Iterator[None]:
    """While this lasts, torch's exporter knows how to write what LaMa transforms with."""
    onnx: Any = import_module("torch.onnx")  # which names them in no stub
    translations: dict[str, Callable[..., _Value]] = {
        "aten::fft_rfftn": _rfft2,
        "aten::fft_irfftn": _irfft2,
        "aten::real": lambda g, pair: _part(g, pair, 0),
        "aten::imag": lambda g, pair: _part(g, pair, 1),
        "aten::complex": _pair,
    }
    for name, translation in translations.items():
        onnx.register_custom_op_symbolic(name, translation, _OPSET)
    try:
        yield
    finally:
        for name in translations:
            onnx.unregister_custom_op_symbolic(name, _OPSET)


def _rfft2(g: _Graph, x: _Value, size: _Value, axes: _Value, norm: _Value) -> _Value:
    """Real to complex, over the last two axes: `[..., H, W]` to `[..., H, W // 2 + 1, 2]`."""
    _check_whole(size, axes)
    height, width = _length(g, x, -2), _length(g, x, -1)
    kept = g.op("Add", g.op("Div", width, _integer(g, 2)), _integer(g, 1))
    cos, sin = _turns(g, width, kept, width)
    real, imaginary = g.op("MatMul", x, cos), g.op("Neg", g.op("MatMul", x, sin))
    cos, sin = _turns(g, height, height, height)
    down = g.op("Add", g.op("MatMul", cos, real), g.op("MatMul", sin, imaginary))
    across = g.op("Sub", g.op("MatMul", cos, imaginary), g.op("MatMul", sin, real))
    return _scaled(g, _pair(g, down, across), _share(norm), g.op("Mul", height, width))


def _irfft2(g: _Graph, pair: _Value, size: _Value, axes: _Value, norm: _Value) -> _Value:
    """Complex to real, over the last two axes: the inverse of `_rfft2`, `size` wide."""
    _check_axes(axes)
    real, imaginary = _part(g, pair, 0), _part(g, pair, 1)
    height, kept = _length(g, real, -2), _length(g, real, -1)
    width = g.op(
        "Squeeze", g.op("Gather", _as_tensor(g, size), _integers(g, [-1])), _integers(g, [0])
    )
    cos, sin = _turns(g, height, height, height)
    down = g.op("Sub", g.op("MatMul", cos, real), g.op("MatMul", sin, imaginary))
    across = g.op("Add", g.op("MatMul", cos, imaginary), g.op("MatMul", sin, real))
    # All columns but the first and, of an even width, the last stand for two, which are conjugates.
    columns = _range(g, kept)
    twice = g.op("Mul", columns, _integer(g, 2))
    is_single = g.op("Or", g.op("Equal", columns, _integer(g, 0)), g.op("Equal", twice, width))
    weight = g.op("Sub", _number(g, 2), _float(g, is_single))
    cos, sin = _turns(g, kept, width, width)
    weight = g.op("Unsqueeze", weight, _integers(g, [1]))
    cos, sin = g.op("Mul", weight, cos), g.op("Mul", weight, sin)
    result = g.op("Sub", g.op("MatMul", down, cos), g.op("MatMul", across, sin))
    return _scaled(g, result, 1 - _share(norm), g.op("Mul", height, width))


def _turns(g: _Graph, rows: _Value, columns: _Value, period: _Value) -> tuple[_Value, _Value]:
    """Cos and sin of 2 pi jk/period as matrices of `rows` x `columns`."""
    down = g.op("Unsqueeze", _range(g, rows), _integers(g, [1]))
    # The remainder is exact in whole numbers; the product in floats would not be.
    turns = g.op("Mod", g.op("Mul", down, _range(g, columns)), period)
    part = g.op("Div", _float(g, turns), _float(g, period))
    angle = g.op("Mul", part, _number(g, 2 * math.pi))
    return g.op("Cos", angle), g.op("Sin", angle)


_SHARES = {"backward": 0.0, "ortho": 0.5, "forward": 1.0}


def _share(norm: _Value) -> float:
    """Which part of the factor 1/HW the way to complex numbers has; the way back has the rest."""
    return _SHARES["backward" if _is_none(norm) else str(_constant_of(norm, "s"))]


def _scaled(g: _Graph, x: _Value, share: float, count: _Value) -> _Value:
    if share == 0:
        return x
    return g.op("Div", x, g.op("Pow", _float(g, count), _number(g, share)))


def _check_whole(size: _Value, axes: _Value) -> None:
    if not _is_none(size):
        raise RuntimeError("a Fourier transform of a part of its picture")
    _check_axes(axes)


def _check_axes(axes: _Value) -> None:
    if list(_constant_of(axes, "is")) not in ([-2, -1], [2, 3]):
        raise RuntimeError("a Fourier transform over other axes than the last two")


def _is_none(value: _Value) -> bool:
    return bool(value.node().mustBeNone())


def _constant_of(value: _Value, kind: Literal["s", "is"]) -> Any:
    from torch.onnx import symbolic_helper

    return symbolic_helper._maybe_get_const(value, kind)  # noqa: SLF001 - there is no public one


def _as_tensor(g: _Graph, size: _Value) -> _Value:
    """A list of lengths as one tensor."""
    if size.node().kind() != "prim::ListConstruct":
        return size
    lengths = [g.op("Reshape", each, _integers(g, [1])) for each in size.node().inputs()]
    return g.op("Concat", *lengths, axis_i=0)


def _pair(g: _Graph, real: _Value, imaginary: _Value) -> _Value:
    last = _integers(g, [-1])
    parts = (g.op("Unsqueeze", real, last), g.op("Unsqueeze", imaginary, last))
    return g.op("Concat", *parts, axis_i=-1)


def _part(g: _Graph, pair: _Value, which: int) -> _Value:
    return g.op("Gather", pair, _integer(g, which), axis_i=-1)


def _length(g: _Graph, x: _Value, axis: int) -> _Value:
    return g.op("Gather", g.op("Shape", x), _integer(g, axis), axis_i=0)


def _range(g: _Graph, end: _Value) -> _Value:
    return g.op("Range", _integer(g, 0), end, _integer(g, 1))


def _float(g: _Graph, value: _Value) -> _Value:
    import torch

    return g.op("Cast", value, to_i=torch.onnx.TensorProtoDataType.FLOAT)


def _integer(g: _Graph, value: int) -> _Value:
    return _constant(g, value, np.int64)


def _integers(g: _Graph, values: list[int]) -> _Value:
    return _constant(g, values, np.int64)


def _number(g: _Graph, value: float) -> _Value:
    return _constant(g, value, np.float32)


def _constant(g: _Graph, value: object, kind: type[np.generic]) -> _Value:
    import torch

    return g.op("Constant", value_t=torch.tensor(np.array(value, kind)))
