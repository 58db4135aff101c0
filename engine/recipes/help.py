"""What a node does, in Markdown: for the reference, the command line and an editor's help."""

from collections.abc import Iterator

from paintgraph.engine.graph.coercion import bounds
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.recipes.report import in_words


def node_text(spec: NodeSpec) -> str:
    """A node's declaration for people, in Markdown."""
    lines = [f"## {spec.id}", "", spec.about, "", "Inputs:"]
    lines += [f"- `{name}`: {text}" for name, text in _inputs(spec)] or ["- none"]
    lines += ["", "Outputs:"]
    lines += [
        f"- `{output.name}`: {in_words(output.type)}" + (", one or more" if output.is_list else "")
        for output in spec.outputs
    ] or ["- none; it saves or shows what it is given"]
    if spec.see_also:
        lines += ["", "See also:", *(f"- `{id_}`: {what}" for id_, what in spec.see_also)]
    return "\n".join(lines)


def described(spec: NodeSpec) -> str:
    """What a node does, and which ones do nearly the same, as text for editors."""
    others = (f"{id_}: {what}" for id_, what in spec.see_also)
    return (
        "\n\n".join((spec.about, "\n".join(("See also:", *others))))
        if spec.see_also
        else spec.about
    )


def _inputs(spec: NodeSpec) -> Iterator[tuple[str, str]]:
    """Each input with its text; those that grow together, such as `values.a`, once."""
    names = [declared.name for declared in spec.inputs if declared.grows]
    for declared in spec.inputs:
        group = declared.name.rpartition(".")[0] if declared.grows else ""
        own = [name for name in names if group and name.rpartition(".")[0] == group]
        if not own:
            yield declared.name, _input_text(declared)
        elif declared.name == own[0]:
            yield f"{own[0]}` ... `{own[-1]}", _input_text(declared)


def _input_text(spec: InputSpec) -> str:
    words = in_words(spec.type)
    if spec.choices:
        words = f"{'any of' if spec.items else 'one of'} {', '.join(map(str, spec.choices))}"
    if spec.columns:
        each = "" if spec.most_rows == 1 else " for each"
        most = f", at most {spec.most_rows} of them" if (spec.most_rows or 1) > 1 else ""
        words += f" of {', '.join(spec.columns)}{each}{most}"
    if (spec.minimum is not None or spec.maximum is not None) and spec.resource != "seed":
        words += f", {bounds(spec)}"
    if not spec.required and spec.default not in (None, ()):
        default = list(spec.default) if isinstance(spec.default, tuple) else spec.default
        listed = ", ".join(map(str, default)) if isinstance(default, list) else shown(default)
        words += f"; default {listed}"
    elif not spec.required:
        words += "; may be left out"
    if spec.when is not None:
        need, values = "needed" if spec.required else "counts", map(shown, spec.when.values)
        words += f"; {need} with {spec.when.input} {' or '.join(values)}"
    return f"{words}. {spec.about}".rstrip()
