"""Nodes that name many pictures."""

from typing import Annotated

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Output, Resource, node
from paintgraph.engine.recipes.binding import Binders


@node(title="Load Images from Folder", category="image/batch", lane="io", volatile=True)
def load_images_from_folder(
    context: Context,
    folder: Annotated[str, "Inside the input folder; nothing means the input folder itself."] = "",
    pattern: Annotated[str, "Names to take, with * and ?, such as holiday*.jpg."] = "*",
    names: Annotated[
        list[str],
        Resource("folder", found_by=("folder", "pattern")),
        "What is found, filled in before a run.",
    ] = (),  # type: ignore[assignment] # as all lists in graphs
) -> Annotated[list[str], Output("names"), "For LoadImage, or for MapImages."]:
    """The names of the pictures in a folder, in the order in which people count.

    What reads the names is called once for each. Sub-folders and links are left out.
    """
    return list(names) or context.service(Binders).bind("folder", (folder, pattern))


@node(title="Each Text", category="logic")
def each_text(
    texts: Annotated[list[str], "Given on one by one."],
) -> Annotated[list[str], Output("text")]:
    """Give the texts of a list on one by one: what reads them is called once for each."""
    return texts
