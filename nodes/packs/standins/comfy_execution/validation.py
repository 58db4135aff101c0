"""Stand-in for `comfy_execution.validation`."""


def validate_node_input(received_type: str, input_type: str, strict: bool = False) -> bool:
    """Whether an input takes an output's type; both may be unions such as "A,B", "*" is any.

    A `strict` input takes all types of the output, another one at least one of them.
    """
    if "*" in (received_type, input_type) or not received_type != input_type:  # noqa: SIM202 - types with a `__ne__` of their own
        return True
    received = {part.strip() for part in received_type.split(",")}
    wanted = {part.strip() for part in input_type.split(",")}
    return received <= wanted if strict else bool(received & wanted)
