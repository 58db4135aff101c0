"""Grounding DINO of both libraries, made small and random: real classes, real files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from paintgraph.models.families.dino.groundingdino import Architecture, ignore_known_warnings
from paintgraph.tests.models.tiny_text import save_text_encoder

QUERIES = 20
SMALL = Architecture(
    changes={
        "use_checkpoint": False,
        "use_transformer_ckpt": False,
        "enc_layers": 1,
        "dec_layers": 1,
        "dim_feedforward": 64,
        "nheads": 4,
        "num_queries": QUERIES,
        "enc_n_points": 2,
        "dec_n_points": 2,
        "dn_labelbook_size": 10,
    },
    shorter_side=64,
    longer_side=128,
)
_SWIN: dict[str, Any] = {
    "embed_dim": 8,
    "depths": [1, 1, 1, 1],
    "num_heads": [1, 1, 2, 2],
    "window_size": 7,
}


@contextmanager
def small_swin() -> Iterator[None]:
    """While this lasts, groundingdino's backbone is small: it knows three large ones by name."""
    ignore_known_warnings()
    from groundingdino.models.GroundingDINO.backbone import backbone
    from groundingdino.models.GroundingDINO.backbone.swin_transformer import SwinTransformer

    def build(_name: str, pretrain_img_size: int, **options: Any) -> Any:
        return SwinTransformer(pretrain_img_size=pretrain_img_size, **{**_SWIN, **options})

    with mock.patch.object(backbone, "build_swin_transformer", build):
        yield


def save_groundingdino(folder: Path) -> tuple[Path, Path]:
    """Write a checkpoint as its publishers do, and the text encoder; gives both paths."""
    ignore_known_warnings()
    import torch
    from groundingdino.models import build_model
    from groundingdino.util.slconfig import SLConfig

    from paintgraph.models.families.dino.groundingdino_text import text_encoder_from

    words = save_text_encoder(folder / "bert", with_weights=False)
    torch.manual_seed(0)
    with small_swin(), text_encoder_from(words):
        model = build_model(SLConfig(architecture_values()))
    tensors = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint = folder / "groundingdino.pth"
    torch.save({"model": tensors}, checkpoint)
    return checkpoint, words


def architecture_values() -> dict[str, Any]:
    """The configuration that the library builds the small model of."""
    from groundingdino.config import GroundingDINO_SwinT_OGC as published

    values = {name: value for name, value in vars(published).items() if name[0] != "_"}
    return {**values, **SMALL.changes, "device": "cpu"}


def save_transformers_detector(folder: Path) -> Path:
    """Write a folder as the hub has them."""
    with TemporaryDirectory() as words:
        return _save_with(save_text_encoder(Path(words), with_weights=False), folder)


def _save_with(words: Path, folder: Path) -> Path:
    import torch
    from transformers import (
        AutoTokenizer,
        BertConfig,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        GroundingDinoProcessor,
        SwinConfig,
    )

    torch.manual_seed(0)
    swin: Any = SwinConfig
    processors: Any = GroundingDinoProcessor
    config = GroundingDinoConfig(
        backbone_config=swin(image_size=128, out_features=["stage2", "stage3", "stage4"], **_SWIN),
        text_config=BertConfig.from_pretrained(words),
        num_queries=QUERIES,
        encoder_layers=1,
        encoder_ffn_dim=32,
        encoder_attention_heads=4,
        decoder_layers=2,
        decoder_ffn_dim=32,
        decoder_attention_heads=4,
        d_model=32,
        encoder_n_points=2,
        decoder_n_points=2,
        max_text_len=64,
        num_feature_levels=4,
    )
    model = GroundingDinoForObjectDetection(config)
    # As it happens all scores would be near 0: turned round they are near 1.
    model.model.decoder.layer_norm.weight.data.neg_()
    model.save_pretrained(folder)
    pictures = GroundingDinoImageProcessor(size={"shortest_edge": 72, "longest_edge": 128})
    processors(pictures, AutoTokenizer.from_pretrained(words)).save_pretrained(folder)
    return folder
