"""A pack in ComfyUI's class convention: what its engine knows, seen through pictures and texts."""

from .checking import CLASSES as CHECKING
from .flowing import CLASSES as FLOWING
from .making import CLASSES as MAKING
from .waiting import CLASSES as WAITING

NODE_CLASS_MAPPINGS = {cls.__name__: cls for cls in (*MAKING, *CHECKING, *FLOWING, *WAITING)}
NODE_DISPLAY_NAME_MAPPINGS = {"Plain": "A Plain Picture"}
