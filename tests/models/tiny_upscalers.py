"""Tiny networks that enlarge pictures, of spandrel's own architectures, in files as people have."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact
from spandrel.architectures.DAT import DAT
from spandrel.architectures.DnCNN import DnCNN
from spandrel.architectures.ESRGAN import ESRGAN
from spandrel.architectures.SwinIR import SwinIR

Tensors = Mapping[str, Any]


def tensors(network: Callable[[], torch.nn.Module], seed: int = 0) -> dict[str, Any]:
    """The random tensors of a new network; the same for the same seed."""
    warnings.filterwarnings("ignore", "torch.meshgrid|Initializing zero-element")
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        return {name: tensor.contiguous() for name, tensor in network().state_dict().items()}


def esrgan(scale: int = 4) -> torch.nn.Module:
    """The architecture of nearly all that people share, with few features."""
    network: torch.nn.Module = ESRGAN(num_filters=8, num_blocks=1, scale=scale)
    return network


def swinir() -> torch.nn.Module:
    """One whose windows ask for multiples of their size."""
    network: torch.nn.Module = SwinIR(
        img_size=16,
        window_size=8,
        depths=[2],
        num_heads=[2],
        embed_dim=8,
        mlp_ratio=2,
        upscale=2,
        upsampler="pixelshuffle",
    )
    return network


def dat() -> torch.nn.Module:
    """One that asks for a least size."""
    network: torch.nn.Module = DAT(
        img_size=16, split_size=[4, 8], depth=[1], embed_dim=16, num_heads=[2], upscale=2
    )
    return network


def grey() -> torch.nn.Module:
    """One that restores a picture of one channel, at a scale of 1."""
    network: torch.nn.Module = DnCNN(in_nc=1, out_nc=1, nc=4, nb=17, act_mode="R")
    return network


def compact(scale: int = 2) -> torch.nn.Module:
    """Real-ESRGAN's compact network, the quickest."""
    network: torch.nn.Module = Compact(num_feat=4, num_conv=1, upscale=scale)
    return network


def nearest() -> torch.nn.Module:
    """Such a network with weights of 0: each px becomes 2x2 equal ones."""
    network = compact()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return network


def put(path: Path, tensors: Tensors) -> Path:
    """A file of weights, in the form that its suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        save_file(dict(tensors), path)
    else:
        torch.save(dict(tensors), path)
    return path
