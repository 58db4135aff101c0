"""Stand-in for `comfy_api.latest.ui`: what V3 nodes show in editors."""

from collections.abc import Sequence
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.standins.comfy_api.latest._io import FolderType


class SavedResult(dict[str, Any]):
    """A file that was written."""

    def __init__(self, filename: str, subfolder: str, type: FolderType | str) -> None:
        super().__init__(filename=filename, subfolder=subfolder, type=getattr(type, "value", type))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class UIOutput:
    """What is shown, by kind."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self._shown = shown

    def as_dict(self) -> dict[str, Any]:
        """What is shown as `ui` of a V1 node has it."""
        return self._shown


class SavedImages(UIOutput):
    """Pictures that were written."""

    def __init__(self, results: Sequence[SavedResult], is_animated: bool = False) -> None:
        animated = {"animated": (True,)} if is_animated else {}
        super().__init__({"images": list(results), **animated})
        self.results = list(results)


class SavedAudios(UIOutput):
    """Sounds that were written."""

    def __init__(self, results: Sequence[SavedResult]) -> None:
        super().__init__({"audio": list(results)})
        self.results = list(results)


class ImageSaveHelper:
    """Writes pictures for V3 nodes."""

    @staticmethod
    def save_images(
        images: Any,
        filename_prefix: str,
        folder_type: FolderType | str,
        cls: Any,
        compress_level: int = 4,
    ) -> list[SavedResult]:
        """Write pictures `[B, H, W, C]` with the graph of the node's class; gives the files."""
        return _saved(images, filename_prefix, folder_type, cls)

    @classmethod
    def get_save_images_ui(
        cls_,
        images: Any,
        filename_prefix: str,
        cls: Any,
        compress_level: int = 4,
    ) -> SavedImages:
        """Write pictures into the output folder; gives what shows them."""
        saved = cls_.save_images(images, filename_prefix, FolderType.output, cls, compress_level)
        return SavedImages(saved)


def _saved(images: Any, prefix: str, folder_type: FolderType | str, cls: Any) -> list[SavedResult]:
    from paintgraph.nodes.packs.standins import folder_paths, nodes

    saver = nodes.SaveImage()
    saver.type = str(getattr(folder_type, "value", folder_type))
    saver.output_dir = folder_paths.get_directory_by_type(saver.type) or saver.output_dir
    hidden = getattr(cls, "hidden", None)
    shown = saver.save_images(
        images, prefix, getattr(hidden, "prompt", None), getattr(hidden, "extra_pnginfo", None)
    )
    return [SavedResult(**each) for each in shown["ui"]["images"]]


class PreviewImage(UIOutput):
    """Pictures that are shown and not kept."""

    def __init__(self, image: Any, animated: bool = False, cls: Any = None, **_: Any) -> None:
        self.values = _saved(image, "ComfyUI_temp", FolderType.temp, cls)
        super().__init__({"images": self.values, "animated": (animated,)})


class PreviewMask(PreviewImage):
    """Masks that are shown and not kept."""

    def __init__(self, mask: Any, animated: bool = False, cls: Any = None, **_: Any) -> None:
        flat = mask.reshape((-1, 1, *mask.shape[-2:])).movedim(1, -1)
        super().__init__(flat.expand(-1, -1, -1, 3), animated, cls)


class PreviewText(UIOutput):
    """A text that is shown."""

    def __init__(self, value: str, **_: Any) -> None:
        super().__init__({"text": (value,)})
        self.value = value


__getattr__ = names_of("comfy_api.latest.ui")
