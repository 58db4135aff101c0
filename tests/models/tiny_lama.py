"""A tiny network with LaMa's inputs, output and kinds of layers, as its makers published theirs."""

from pathlib import Path
from typing import Literal

import torch
from torch import nn

Norm = Literal["ortho", "backward", "forward"]


class FourierUnit(nn.Module):
    """A convolution of the spectrum, as in "Fast Fourier Convolution" (Chi and others, 2020)."""

    def __init__(self, channels: int, norm: Norm = "ortho") -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * channels, 2 * channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(2 * channels)
        self.norm = norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, _, height, width = x.size()
        spectrum = torch.fft.rfftn(x, dim=(-2, -1), norm=self.norm)
        parts = torch.stack((spectrum.real, spectrum.imag), dim=-1)
        parts = parts.permute(0, 1, 4, 2, 3).contiguous()
        parts = parts.view((batch, -1, *parts.size()[3:]))
        parts = torch.relu(self.bn(self.conv(parts)))
        parts = parts.view((batch, -1, 2, *parts.size()[2:])).permute(0, 1, 3, 4, 2).contiguous()
        spectrum = torch.complex(parts[..., 0], parts[..., 1])
        result: torch.Tensor = torch.fft.irfftn(
            spectrum, s=(height, width), dim=(-2, -1), norm=self.norm
        )
        return result


class TinyLama(nn.Module):
    """Halves a picture, convolves it and its spectrum, and doubles it again; 0 to 1."""

    def __init__(self, norm: Norm = "ortho") -> None:
        super().__init__()
        self.down = nn.Conv2d(4, 4, 3, stride=2, padding=1, padding_mode="reflect")
        self.unit = FourierUnit(4, norm)
        self.up = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        seen = image * (1 - mask)
        inner = torch.relu(self.down(torch.cat([seen, mask], dim=1)))
        painted = torch.sigmoid(self.up(inner + self.unit(inner)))
        return mask * painted + (1 - mask) * image


def save_lama(path: Path, norm: Norm = "ortho") -> nn.Module:
    """Write such a network as a TorchScript file; gives it."""
    torch.manual_seed(0)
    network = TinyLama(norm).eval()
    example = (torch.rand(1, 3, 120, 120), torch.rand(1, 1, 120, 120))
    traced = torch.jit.trace(network, example, strict=False)  # type: ignore[no-untyped-call]
    traced.save(str(path))
    return network
