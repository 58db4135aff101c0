"""Names of ComfyUI that have no stand-in: they can be imported and subclassed, and say so if used.

Packs import many names for a few of their nodes. So that the other nodes work, each name is there:
names in capitals are lists of texts, as they feed choices, all others are classes. A name stays the
same object, as packs change what they import.
"""

import importlib
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

SAMPLERS = ("euler", "euler_ancestral", "heun", "dpm_2", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc")
SCHEDULERS = ("normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform", "beta")
_OF_MODELS = frozenset({"comfy", "comfy_extras", "latent_preview", "nodes", "node_helpers"})
"""Modules of ComfyUI whose names are about models, unlike those about its server and its engine."""


class NeedsModelObjectsError(RuntimeError):
    """A pack used a part of ComfyUI that there is none of here."""


class _Kind(type):
    """The type of placeholder classes: any attribute is one more, a call raises."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = placeholder(f"{cls.__module__}.{cls.__qualname__}", name)
        setattr(cls, name, made)
        return made

    def __iter__(cls) -> Iterator[object]:
        return iter(())

    def __call__(cls, *_: object, **__: object) -> Any:
        known = next((base for base in cls.__mro__ if "needs" in vars(base)), cls)
        raise _lacking(f"{known.__module__}.{known.__qualname__}")


def _lacking(name: str) -> NeedsModelObjectsError:
    """What the use of a name without a stand-in raises."""
    if name.partition(".")[0] in _OF_MODELS:
        return NeedsModelObjectsError(
            f"'{name}' needs ComfyUI's model objects, which are not part of paintgraph. Use a node "
            "that hands MODEL, CLIP and VAE on, or nodes.common_ksampler."
        )
    return NeedsModelObjectsError(
        f"'{name}' is a part of ComfyUI itself, which paintgraph does not have. Use another node."
    )


class _Standing:
    """What stands for a name and is no class: it can be extended, called and asked about as one.

    A subclass says by `_name` which name.
    """

    def _name(self) -> tuple[str, str]:
        """The module or class, and the name in it."""
        raise NotImplementedError

    def __call__(self, *_: object, **__: object) -> Any:
        """Raise NeedsModelObjectsError."""
        raise _lacking(".".join(self._name()))

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_class(*self._name()),)

    def __instancecheck__(self, _: object) -> bool:
        return False

    def __subclasscheck__(self, _: object) -> bool:
        return False

    def __or__(self, _: object) -> Any:
        """As an annotation has it."""
        return Any

    __ror__ = __or__


class Capitals(_Standing, list[str]):
    """A name in capitals: a list of texts, or a class such as SDXL or VAE; nobody knows which."""

    def __init__(self, texts: tuple[str, ...], owner: str, name: str) -> None:
        super().__init__(texts)
        self._named = owner, name

    def _name(self) -> tuple[str, str]:
        return self._named

    def __getattr__(self, name: str) -> Any:
        return getattr(_class(*self._named), name)

    def __hash__(self) -> int:  # type: ignore[override] # as an enumeration's member is a key
        return id(self)


def placeholder(owner: str, name: str) -> Any:
    """What stands for a name of a module or class that has no stand-in."""
    if name.endswith("HANDLERS"):  # packs add theirs
        return dict.fromkeys(SCHEDULERS)
    if name.isupper():
        texts: tuple[str, ...] = ("none",)
        if name.endswith("SAMPLERS") or name == "SAMPLER_NAMES":
            texts = SAMPLERS
        elif name.endswith("SCHEDULERS") or name == "SCHEDULER_NAMES":
            texts = SCHEDULERS
        return Capitals(texts, owner, name)
    return _class(owner, name)


@cache
def _class(owner: str, name: str) -> Any:
    return _Kind(name, (), {"__module__": owner, "__doc__": None, "needs": "model objects"})


def names_of(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a stand-in: names that it lacks are placeholders.

    A name in lower case may be a module within it, which is then imported.
    """

    @cache
    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        if module.partition(".")[0] in _WITH_PARTS and name.islower():
            return importlib.import_module(f"{module}.{name}")
        return placeholder(module, name)

    return get


_WITH_PARTS = ("comfy", "comfy_extras")


class Placeholder(_Standing, types.ModuleType):
    """A module that has no stand-in; or a function of one, as both have names in lower case."""

    def __getattr__(self, name: str) -> Any:
        made = names_of(self.__name__)(name)
        setattr(self, name, made)
        return made

    def _name(self) -> tuple[str, str]:
        owner, _, name = self.__name__.rpartition(".")
        return owner, name
