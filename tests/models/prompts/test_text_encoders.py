"""Text encoders of every family read prompts as diffusers' pipelines do, and weigh as ComfyUI."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.errors import MissingModelError, PromptError, WeightsError
from paintgraph.models.networks.loaded import EncoderPart, LoadedTextEncoder
from paintgraph.models.networks.networks import Networks
from paintgraph.models.prompts.text_encoders import TextEncoders, encoded
from paintgraph.models.sampling.values import Array, Condition, TextEncoder
from paintgraph.tests.models.diffusion import tiny

PROMPT = "a photo of a cat"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tiny.clip_tokenizer(tmp_path_factory.mktemp("clip") / "words")


@pytest.fixture(scope="module")
def load(tokenizer: Any) -> Callable[..., LoadedTextEncoder]:
    def load(family: str, *names: str) -> LoadedTextEncoder:
        torch.manual_seed(0)
        plain = "l" if family in ("sd1", "sd2", "sdxl", "flux") else ""
        kinds = {plain: CLIPTextModel}
        clips = {
            name: tiny.clip(kinds.get(name, CLIPTextModelWithProjection)).eval()
            for name in ("l", "g")
        }
        words, t5 = tiny.t5()
        parts = [EncoderPart(name, clips[name], tokenizer) for name in names if name in clips]
        if "t5" in names:
            network = tiny.t5_encoder_of(t5, 64) if family == "sd3" else t5
            parts.append(EncoderPart("t5", network.eval(), words))
        return LoadedTextEncoder(tuple(parts), family, torch.device("cpu"), torch.float32)

    return load


def numbers_of(part: EncoderPart, text: str, pad: int = 513) -> Any:
    """One chunk, as the tokenizer of transformers makes it."""
    own = part.tokenizer(text)["input_ids"]
    return torch.tensor([own + [pad] * (77 - len(own))])


def run(part: EncoderPart, numbers: Any) -> Any:
    with torch.inference_mode():
        return part.network(numbers, output_hidden_states=True)


def states(condition: Condition) -> Array:
    return condition.embeddings


def pooled(condition: Condition) -> Array:
    return np.zeros(1, np.float32) if condition.pooled is None else condition.pooled


def test_sd1_takes_the_last_layer_with_its_norm(load: Callable[..., LoadedTextEncoder]) -> None:
    loaded = load("sd1", "l")
    expected = run(loaded.parts[0], numbers_of(loaded.parts[0], "a cat")).last_hidden_state
    condition = encoded(loaded, {"l": "a cat"})

    np.testing.assert_array_equal(states(condition), expected.numpy())
    assert condition.pooled is None


@pytest.mark.parametrize("skip", [1, 2, 3])
def test_clip_skip_takes_an_earlier_layer_with_the_last_ones_norm(
    load: Callable[..., LoadedTextEncoder], skip: int
) -> None:
    loaded = load("sd1", "l")
    found = run(loaded.parts[0], numbers_of(loaded.parts[0], "a cat"))
    with torch.inference_mode():
        expected = loaded.parts[0].network.final_layer_norm(found.hidden_states[-skip])

    np.testing.assert_array_equal(states(encoded(loaded, {"l": "a cat"}, -skip)), expected.numpy())


def test_a_layer_that_is_not_there_is_refused(load: Callable[..., LoadedTextEncoder]) -> None:
    with pytest.raises(PromptError) as raised:
        encoded(load("sd1", "l"), {"l": "a"}, -4)

    assert raised.value.message == (
        "stop_at_clip_layer is -4, but the text encoder has 3 layers; allowed are -1 to -3. "
        "Choose a later layer."
    )


def test_sd2_counts_layers_from_the_one_that_it_came_without(
    load: Callable[..., LoadedTextEncoder],
) -> None:
    loaded = load("sd2", "l")
    expected = run(loaded.parts[0], numbers_of(loaded.parts[0], "a cat", pad=0)).last_hidden_state

    for last_layer in (None, -1, -2):
        found = states(encoded(loaded, {"l": "a cat"}, last_layer))
        np.testing.assert_array_equal(found, expected.numpy())


def test_sdxl_joins_the_penultimate_layers_of_both_and_pools_the_second(
    load: Callable[..., LoadedTextEncoder],
) -> None:
    loaded = load("sdxl", "l", "g")
    first, second = loaded.parts
    expected_l = run(first, numbers_of(first, "a cat")).hidden_states[-2]
    found_g = run(second, numbers_of(second, "a dog", pad=0))
    condition = encoded(loaded, {"l": "a cat", "g": "a dog"})

    expected = torch.cat([expected_l, found_g.hidden_states[-2]], -1)
    np.testing.assert_array_equal(states(condition), expected.numpy())
    np.testing.assert_array_equal(pooled(condition), found_g.text_embeds.numpy())


def test_the_refiner_reads_with_the_second_alone(load: Callable[..., LoadedTextEncoder]) -> None:
    loaded = load("sdxl_refiner", "g")
    found = run(loaded.parts[0], numbers_of(loaded.parts[0], "a dog", pad=0))
    condition = encoded(loaded, {"g": "a dog"})

    np.testing.assert_array_equal(states(condition), found.hidden_states[-2].numpy())
    np.testing.assert_array_equal(pooled(condition), found.text_embeds.numpy())


def test_prompts_of_unlike_length_are_filled_with_chunks_of_no_words(
    load: Callable[..., LoadedTextEncoder],
) -> None:
    loaded = load("sdxl", "l", "g")
    condition = encoded(loaded, {"l": "a " * 80, "g": "a dog"})
    nothing = run(loaded.parts[1], numbers_of(loaded.parts[1], "", pad=0)).hidden_states[-2]

    assert states(condition).shape == (1, 154, 64)
    np.testing.assert_allclose(states(condition)[:, 77:, 32:], nothing.numpy(), atol=1e-6)


def test_sd3_pads_the_clips_to_t5_which_follows(load: Callable[..., LoadedTextEncoder]) -> None:
    loaded = load("sd3", "l", "g", "t5")
    condition = encoded(loaded, {"l": "cat", "g": "cat", "t5": "cat"})
    alone = encoded(loaded, {"t5": "cat"})

    assert states(condition).shape == (1, 154, 64)
    assert pooled(condition).shape == (1, 64)
    np.testing.assert_array_equal(states(condition)[:, 77:], states(alone)[:, 77:])
    assert not states(alone)[:, :77].any()


def test_sd3_does_without_t5(load: Callable[..., LoadedTextEncoder]) -> None:
    condition = encoded(load("sd3", "l", "g"), {"l": "cat", "g": "cat", "t5": "cat"})

    assert states(condition).shape == (1, 77, 4096)
    assert not states(condition)[..., 64:].any()


def test_flux_reads_with_t5_and_pools_clip(load: Callable[..., LoadedTextEncoder]) -> None:
    loaded = load("flux", "l", "t5")
    clip, t5 = loaded.parts
    condition = encoded(loaded, {"l": "a cat", "t5": "a cat"})
    numbers = t5.tokenizer("a cat", padding="max_length", max_length=256, return_tensors="pt")
    with torch.inference_mode():
        expected = t5.network(numbers["input_ids"])[0]

    np.testing.assert_array_equal(states(condition), expected.numpy())
    first = run(clip, numbers_of(clip, "a cat")).pooler_output
    np.testing.assert_array_equal(pooled(condition), first.numpy())


def test_what_t5_does_not_read_is_cut_with_a_warning(
    load: Callable[..., LoadedTextEncoder],
) -> None:
    heard: list[str] = []
    condition = encoded(
        load("flux", "l", "t5"),
        {"l": "", "t5": "x" * 600},
        listening=Listening(warn=heard.append),
    )

    assert states(condition).shape[1] == 512
    assert heard == ["The prompt has 602 tokens; T5 reads 512, so the rest is cut."]


def test_a_family_says_which_encoder_it_lacks(load: Callable[..., LoadedTextEncoder]) -> None:
    with pytest.raises(PromptError) as raised:
        encoded(load("sdxl", "l"), {"l": "a", "g": "a"})

    assert raised.value.message == (
        "the text encoder of sdxl lacks CLIP G; needed are CLIP L and CLIP G. Load them together, "
        "with DualCLIPLoader or from a checkpoint that has both."
    )


@pytest.mark.parametrize(
    ("family", "names"),
    [("sd1", ["l"]), ("sdxl", ["l", "g"]), ("sd3", ["l", "g", "t5"]), ("flux", ["l", "t5"])],
)
def test_weights_lie_between_the_prompt_and_no_words(
    load: Callable[..., LoadedTextEncoder], family: str, names: list[str]
) -> None:
    loaded = load(family, *names)

    def read(text: str) -> Condition:
        return encoded(loaded, dict.fromkeys(names, text))

    plain, empty = read("a cat dog"), read("")
    half, negative, zero = (read(f"(a cat dog:{weight})") for weight in ("0.5", "-1", "0"))

    np.testing.assert_array_equal(states(read("(a cat dog:1)")), states(plain))
    for condition, weight in ((half, 0.5), (negative, -1), (zero, 0)):
        found, full, nothing = map(states, (condition, plain, empty))
        is_word = ~np.isclose(found, full, atol=1e-7)
        expected = nothing + (full - nothing) * weight
        np.testing.assert_allclose(found[is_word], expected[is_word], atol=1e-5)
        assert is_word.any()
        np.testing.assert_allclose(pooled(condition), pooled(plain), atol=1e-6)


def test_only_the_words_in_brackets_are_weighted(load: Callable[..., LoadedTextEncoder]) -> None:
    loaded = load("sd1", "l")
    plain = states(encoded(loaded, {"l": "ab cd ef"}))
    found = states(encoded(loaded, {"l": "ab (cd:1.5) ef"}))
    changed = np.flatnonzero(np.abs(found - plain).max(axis=(0, 2)) > 1e-6)

    assert changed.tolist() == [3, 4]  # after the start and two letters


def test_long_prompts_are_read_in_chunks_and_pooled_from_the_first(
    load: Callable[..., LoadedTextEncoder],
) -> None:
    loaded = load("sdxl", "l", "g")
    first, second = "a " * 75, "b c"
    whole = encoded(loaded, dict.fromkeys("lg", first + second))
    parts = [encoded(loaded, dict.fromkeys("lg", text)) for text in (first, second)]

    assert states(whole).shape == (1, 154, 64)
    expected = np.concatenate([states(part) for part in parts], 1)
    np.testing.assert_allclose(states(whole), expected, atol=1e-6)
    np.testing.assert_allclose(pooled(whole), pooled(parts[0]), atol=1e-6)


class Lending(Networks):
    """Networks that are in memory already, counted when they are lent."""

    def __init__(self, loaded: LoadedTextEncoder) -> None:
        self.loaded = loaded
        self.count = 0

    def with_text_encoder(
        self, _encoder: TextEncoder, work: Callable[..., Any], _listening: Listening = SILENT
    ) -> Any:
        self.count += 1
        return work(self.loaded)


def encoders(
    lending: Networks, folder: Path
) -> tuple[TextEncoders, Callable[[dict[str, Any]], None]]:
    def find(name: str) -> Path:
        path = folder / f"{name}.safetensors"
        if not path.exists():
            raise MissingModelError(f"embedding '{name}' is not there")
        return path

    def learn(tensors: dict[str, Any]) -> None:
        save_file(tensors, folder / "learnt.safetensors")

    return TextEncoders(lending, find), learn


def test_a_learnt_word_is_read_as_the_word_that_it_equals(
    load: Callable[..., LoadedTextEncoder], tmp_path: Path
) -> None:
    loaded = load("sdxl", "l", "g")
    service, learn = encoders(Lending(loaded), tmp_path)
    letters = loaded.parts[0].tokenizer("cat", add_special_tokens=False)["input_ids"]
    tables = {part.name: part.network.get_input_embeddings().weight for part in loaded.parts}
    learn({f"clip_{name}": table[letters].detach() for name, table in tables.items()})
    encoder = TextEncoder(("x",), "sdxl")
    (found,) = service.encode(encoder, "a (embedding:learnt:1.3), b")
    (expected,) = service.encode(encoder, "a (cat:1.3), b")

    np.testing.assert_allclose(states(found), states(expected), atol=1e-6)
    np.testing.assert_allclose(pooled(found), pooled(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "tensors", "error"),
    [
        ("a\0", {}, PromptError),
        ("embedding:missing", {}, MissingModelError),
        ("embedding:learnt", {"emb_params": torch.ones(2, 2, 2)}, WeightsError),
        ("embedding:learnt", {"emb_params": torch.full((2, 32), torch.nan)}, WeightsError),
    ],
)
def test_texts_are_checked_before_anything_is_loaded(
    load: Callable[..., LoadedTextEncoder],
    tmp_path: Path,
    text: str,
    tensors: dict[str, Any],
    error: type[Exception],
) -> None:
    lending = Lending(load("sd1", "l"))
    service, learn = encoders(lending, tmp_path)
    learn(tensors or {"emb_params": torch.ones(2, 32)})
    with pytest.raises(error):
        service.encode(TextEncoder(("x",), "sd1"), text)

    assert lending.count == 0


def test_a_learnt_word_of_another_family_is_refused(
    load: Callable[..., LoadedTextEncoder], tmp_path: Path
) -> None:
    service, learn = encoders(Lending(load("sd1", "l")), tmp_path)
    learn({"emb_params": torch.ones(2, 48)})
    with pytest.raises(WeightsError) as raised:
        service.encode(TextEncoder(("x",), "sd1"), "embedding:learnt")

    assert raised.value.message == (
        "embedding 'learnt' has vectors of width 48; this text encoder takes 32. It was made for "
        "another family of models: use it with one of those."
    )
