"""Nodes that name many pictures."""

from typing import Annotated

from engine.binding import Binders
from engine.context import Context
from engine.declaration import Output, node
from engine.errors import BindError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")


@node(title="Load Images from Folder", category="image/batch", lane="io", volatile=True)
def load_images_from_folder(
    context: Context,
    folder: Annotated[str, "Inside the input folder; nothing means the input folder itself."] = "",
    pattern: Annotated[str, "Names to take, with * and ?, such as holiday*.jpg."] = "*",
) -> Annotated[list[str], Output("names"), "For LoadImage, or for MapImages."]:
    """The names of the pictures in a folder, in the order in which people count.

    What reads the names is called once for each. Sub-folders and links are left out.
    """
    names = context.service(Binders).bind("folder", (folder, pattern))
    pictures = [name for name in names if name.lower().endswith(SUFFIXES)]
    if not pictures:
        raise BindError(
            f"the folder '{folder}' holds no picture named like '{pattern}'; allowed are "
            f"{', '.join(SUFFIXES)}. Change the folder or the pattern.",
            code="no_pictures",
        )
    return pictures


@node(title="Each Text", category="logic")
def each_text(
    texts: Annotated[list[str], "Given on one by one."],
) -> Annotated[list[str], Output("text")]:
    """Give the texts of a list on one by one: what reads them is called once for each."""
    return texts
