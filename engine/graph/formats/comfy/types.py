"""Names of types of ours as ComfyUI's clients know them."""

from paintgraph.engine.graph.sockets import ANY

ANYTHING = "*"
PLAIN = {"int": "INT", "float": "FLOAT", "bool": "BOOLEAN", "text": "STRING", ANY: ANYTHING}


def wire_type(type_: str) -> str:
    """The name of a type; of a union those of all parts."""
    parts = type_.split("|")
    return ",".join(PLAIN.get(p, p.upper() if p.islower() else p) for p in parts)
