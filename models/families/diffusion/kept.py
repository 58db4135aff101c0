"""What a pipeline worked out, by the content it was worked out of: prompts, encoded pictures.

A second seed then costs no text encoder, and a changed mask no second look at the same picture.
The results are the very tensors that the pipeline made, so samples do not depend on what is kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from hashlib import blake2b
from typing import Any

MOST_BYTES = 128 * 2**20

_PLAIN = (str, int, float, bool, type(None))


class Kept:
    """Results by key, the most recently used ones, within a bound of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What is kept under the key, else what `make` gives, which is kept."""
        if key not in self._results:
            made = make()
            self._results[key] = made, sum(map(_bytes_of, _tensors(made)))
        self._results.move_to_end(key)
        result, _ = self._results[key]
        while sum(size for _, size in self._results.values()) > self._most_bytes:
            self._results.popitem(last=False)
        return result

    def clear(self) -> None:
        """Forget everything."""
        self._results.clear()


def keep_prompts(pipe: Any, kept: Kept, state: Callable[[], Hashable]) -> None:
    """Let a pipeline keep what its text encoders make of a prompt.

    `state` gives what else their answer depends on, such as LoRAs.
    """
    encode = pipe.encode_prompt

    def encode_prompt(*args: Any, **options: Any) -> Any:
        key = _plain((args, sorted(options.items())))
        if key is None:
            return encode(*args, **options)
        return kept.get(("prompt", state(), key), lambda: encode(*args, **options))

    pipe.encode_prompt = encode_prompt


def keep_encoded(vae: Any, kept: Kept, name: str) -> None:
    """Let a VAE, called `name`, keep what it makes of a picture; seeds draw from it."""
    encode = vae.encode

    def encode_kept(x: Any, *args: Any, **options: Any) -> Any:
        plain = _plain((args, sorted(options.items())))
        digest = blake2b(x.detach().float().cpu().contiguous().numpy().data, digest_size=20)
        tiled = bool(getattr(vae, "use_tiling", False))
        key = ("vae", name, tiled, str(x.dtype), str(x.device), tuple(x.shape), digest.digest())
        return kept.get((*key, plain), lambda: encode(x, *args, **options))

    vae.encode = encode_kept


def _plain(value: Any) -> Hashable | None:
    """A text that equal values have in common; None for what has no short one, such as tensors."""
    if isinstance(value, list | tuple):
        parts = [_plain(each) for each in value]
        return None if None in parts else (type(value).__name__, *parts)
    if isinstance(value, _PLAIN) or type(value).__name__ in ("device", "dtype"):
        return repr(value)
    return None


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors in a result, which may be an output object with a distribution inside."""
    if hasattr(value, "element_size"):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif hasattr(value, "__dict__"):
        yield from _tensors(list(vars(value).values()))


def _bytes_of(tensor: Any) -> int:
    return int(tensor.element_size() * tensor.nelement())
