"""Stand-in for `comfy.options`."""

args_parsing = False


def enable_args_parsing(enable: bool = True) -> None:
    """Nothing: the command line is read already."""
    globals()["args_parsing"] = enable
