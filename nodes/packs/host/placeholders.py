"""Names of ComfyUI that have no stand-in: they can be imported and subclassed, and say so if used.

Packs import many names for a few of their nodes. So that the other nodes work, each name is there:
names in capitals are lists of texts, as they feed choices, all others are classes.
"""

import importlib
import types
from collections.abc import Callable, Iterator
from typing import Any

SAMPLERS = ("euler", "euler_ancestral", "heun", "dpm_2", "dpmpp_2m", "dpmpp_sde", "ddim", "uni_pc")
SCHEDULERS = ("normal", "karras", "exponential", "sgm_uniform", "simple", "ddim_uniform", "beta")


class NeedsModelObjectsError(RuntimeError):
    """A pack used a part of ComfyUI that there is none of here."""


class _Kind(type):
    """The type of placeholder classes: any attribute is one more, a call raises."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return placeholder(f"{cls.__module__}.{cls.__qualname__}", name)

    def __iter__(cls) -> Iterator[object]:
        return iter(())

    def __call__(cls, *_: object, **__: object) -> Any:
        known = next((base for base in cls.__mro__ if "needs" in vars(base)), cls)
        name = f"{known.__module__}.{known.__qualname__}"
        raise NeedsModelObjectsError(
            f"'{name}' needs ComfyUI's model objects, which are not part of paintgraph. Use a node "
            "that needs no MODEL, CLIP or VAE."
        )


def placeholder(owner: str, name: str) -> Any:
    """What stands for a name of a module or class that has no stand-in."""
    if name.endswith("SAMPLERS") or name == "SAMPLER_NAMES":
        return list(SAMPLERS)
    if name.endswith("SCHEDULERS") or name == "SCHEDULER_NAMES":
        return list(SCHEDULERS)
    if name.isupper():
        return ["none"]
    return _Kind(name, (), {"__module__": owner, "__doc__": None, "needs": "model objects"})


def names_of(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a stand-in: names that it lacks are placeholders.

    A name in lower case may be a module within it, which is then imported.
    """

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        if module.partition(".")[0] in _WITH_PARTS and name.islower():
            return importlib.import_module(f"{module}.{name}")
        return placeholder(module, name)

    return get


_WITH_PARTS = ("comfy", "comfy_extras")


class Placeholder(types.ModuleType):
    """A module that has no stand-in; or a function of one, as both have names in lower case."""

    def __getattr__(self, name: str) -> Any:
        return names_of(self.__name__)(name)

    def __call__(self, *_: object, **__: object) -> Any:
        """Raise NeedsModelObjectsError."""
        return self._as_class()()

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._as_class(),)

    def __instancecheck__(self, _: object) -> bool:
        return False

    def _as_class(self) -> Any:
        """What stands for the name, if it is no module."""
        owner, _, name = self.__name__.rpartition(".")
        return placeholder(owner, name)
