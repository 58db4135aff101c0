from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from paintgraph.models.errors import LoraError, WeightsError
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.inpainting.protocols import Lora, Sampling
from paintgraph.tests.models.diffusion.files import change_tensor, kohya_lora, lora
from paintgraph.tests.models.diffusion.pictures import by_hand, paint


def made(models_dir: Path, folder: Path, name: str = "style", seed: int = 0) -> Lora:
    path = lora(models_dir / "diffusion/sd-inpaint", folder / f"{name}.safetensors", seed=seed)
    return Lora(name, path, f"sha256:{name}{folder.name}")


def test_a_lora_counts_by_its_weight_and_leaves_no_trace(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style = made(models_dir, tmp_path)
    half = Lora(style.name, style.path, style.digest, 0.5)
    before = paint(diffusion, "sd-inpaint")
    full, halved, none = (
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=loras))
        for loras in ((style,), (half,), ())
    )

    assert np.array_equal(before, none)
    assert not np.array_equal(before, full)
    assert not np.array_equal(halved, full)
    assert np.array_equal(full, paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(style,))))


def test_a_lora_paints_as_by_hand(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style = made(models_dir, tmp_path)
    folder = models_dir / "diffusion/sd-inpaint"

    expected = by_hand(folder, loras={style.path: 0.7})
    painted = paint(
        diffusion,
        "sd-inpaint",
        sampling=Sampling(loras=(Lora("style", style.path, style.digest, 0.7),)),
    )

    assert np.array_equal(expected, painted)


def test_several_loras_count_together(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style, ink = made(models_dir, tmp_path), made(models_dir, tmp_path, "ink", seed=1)
    pictures = [
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=loras)).tobytes()
        for loras in ((style,), (ink,), (style, ink))
    ]

    assert len(set(pictures)) == 3


def test_a_lora_of_kohya_also_changes_how_the_prompt_is_read(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    path = kohya_lora(models_dir / "diffusion/sd-inpaint", tmp_path / "ink.safetensors")
    both = Sampling(loras=(Lora("ink", path, "sha256:kohya-both"),))
    tensors = load_file(path)
    half = {name: each for name, each in tensors.items() if name.startswith("lora_unet")}
    save_file(half, tmp_path / "half.safetensors")
    alone = Sampling(loras=(Lora("half", tmp_path / "half.safetensors", "sha256:kohya-half"),))
    told: list[str] = []
    pictures = [
        paint(diffusion, "sd-inpaint", sampling=sampling, told=told).tobytes()
        for sampling in (Sampling(), alone, both, Sampling(), both)
    ]

    assert told == []
    assert len(set(pictures)) == 3
    assert pictures[0] == pictures[3]
    assert pictures[2] == pictures[4]


def test_of_a_lora_with_parts_for_nothing_the_rest_counts_with_a_warning(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style = made(models_dir, tmp_path)
    tensors = load_file(style.path)
    tensors["unet.elsewhere.to_q.lora_A.weight"] = next(iter(tensors.values())).clone()
    save_file(tensors, style.path)
    told: list[str] = []
    painted = paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(style,)), told=told)

    assert told == ["Of LoRA 'style' parts are left out: unet.elsewhere.to_q."]
    assert not np.array_equal(paint(diffusion, "sd-inpaint"), painted)


def test_a_lora_of_another_family_is_named_with_what_does_not_fit(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    path = lora(models_dir / "diffusion/sd3", tmp_path / "flow.safetensors", part="transformer")
    before = paint(diffusion, "sd-inpaint")
    with pytest.raises(LoraError) as error:
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(Lora("flow", path, "x"),)))

    assert error.value.message == (
        "LoRA 'flow' does not fit model 'sd-inpaint': the model has nothing for "
        "transformer.transformer_blocks.0.attn.to_q. "
        "Use one that was made for this family of models."
    )
    assert np.array_equal(before, paint(diffusion, "sd-inpaint"))


def test_a_lora_of_other_widths_is_named_with_what_does_not_fit(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style = made(models_dir, tmp_path)
    change_tensor(style.path, "lora_B.weight")

    with pytest.raises(LoraError) as error:
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(style,)))

    assert "attn1.to_q (64 wide, not 32)" in error.value.message


def test_a_lora_that_is_cut_off_or_none_is_told(
    diffusion: DiffusionModels, models_dir: Path, tmp_path: Path
) -> None:
    style = made(models_dir, tmp_path)
    style.path.write_bytes(style.path.read_bytes()[:-10])
    with pytest.raises(WeightsError, match=r"style\.safetensors': it is cut off"):
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(style,)))

    path = tmp_path / "picture.safetensors"
    path.write_bytes(b"\x89PNG and so on, which is no header at all")
    with pytest.raises(WeightsError, match="no safetensors file"):
        paint(diffusion, "sd-inpaint", sampling=Sampling(loras=(Lora("p", path, "p"),)))
