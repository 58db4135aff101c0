"""A node that puts together the names of files that belong together."""

from typing import Annotated, Literal, NamedTuple

from paintgraph.base.errors import Error
from paintgraph.base.pairing import number_of, pair, stem_of
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import node

_KEYS = {"name": stem_of, "number": number_of}


class Paired(NamedTuple):
    """Names that belong together, at the same places of both lists."""

    names: Annotated[list[str], "Those that have a partner, in their order."]
    others: Annotated[list[str], "The partner of each."]


@node(
    title="Pair by Name",
    category="image/batch",
    keywords=("match files", "masks of photos", "two folders", "partners"),
    takes_lists=True,
)
def pair_by_name(
    context: Context,
    names: Annotated[list[str], "Names of files, such as those of LoadImagesFromFolder."],
    others: Annotated[list[str], "Those among which partners are looked for, such as of masks."],
    pair_by: Annotated[
        list[Literal["name", "number"]],
        "What partners have in common: the name without folders and suffix, or the last number "
        "in it.",
    ] = "name",  # type: ignore[assignment] # of each list entry
    unpaired: Annotated[
        list[Literal["fail", "skip"]], "What has no partner is an error, or is left out and told."
    ] = "fail",  # type: ignore[assignment]
) -> Paired:
    """Bring the names of two folders into one order, each beside its partner: photos and masks.

    Two names that are one without folders and suffix are an error in any case.
    """
    found = pair("names", names, {"others": others}, _KEYS[pair_by[0]])
    faults = [*found.twice, *(found.alone if unpaired[0] == "fail" else ())]
    if faults:
        cure = "Rename them." if found.twice else "Add what is missing, or set unpaired to skip."
        raise Error(" ".join([*faults, cure]), code="unpaired")
    for sentence in found.alone:
        context.warn(f"{sentence} Left out.")
    rows = [(names[place], others[row["others"]]) for place, row in found.rows.items()]
    return Paired([name for name, _ in rows], [other for _, other in rows])
