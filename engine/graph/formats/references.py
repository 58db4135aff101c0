"""References inside recipes, and texts that look like one.

A reference is a whole string, `${node.output}` or `${inputs.name}`; nothing is evaluated. A text
that should stay as it is though it looks so is written with one more dollar sign.
"""

import re

from paintgraph.engine.graph.graph import InputRef, Link

_REFERENCE = re.compile(r"\$\{([^{}]+)\.([^{}.]+)\}")
_ESCAPED = re.compile(r"\$+\{[^{}]*\}")


def is_reference(text: str) -> bool:
    """Whether a text leads to a node's output or a recipe's input."""
    return _REFERENCE.fullmatch(text) is not None


def looks_like_reference(text: str) -> bool:
    """Whether a text has the form of a reference, whatever it names."""
    return text.startswith("${") and _ESCAPED.fullmatch(text) is not None


def parse_text(text: str) -> str | Link | InputRef:
    """A reference, or the text with its escape taken off."""
    reference = _REFERENCE.fullmatch(text)
    if reference:
        node, output = reference.groups()
        return InputRef(output) if node == "inputs" else Link(node, output)
    return unescaped(text)


def unescaped(text: str) -> str:
    """The text that is meant, with its escape taken off."""
    return text[1:] if text.startswith("$$") and _ESCAPED.fullmatch(text) else text


def escaped(text: str) -> str:
    """The text with an escape if it would be taken for a reference."""
    return f"${text}" if _ESCAPED.fullmatch(text) else text


def write_reference(reference: Link | InputRef) -> str:
    """`${node.output}` or `${inputs.name}`."""
    if isinstance(reference, InputRef):
        return f"${{inputs.{reference.name}}}"
    return f"${{{reference.node}.{reference.output}}}"
