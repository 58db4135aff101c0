"""What groundingdino-py, which nobody changes any more, makes other libraries complain of."""

import warnings

_KNOWN_WARNINGS: tuple[tuple[type[Warning], str, str], ...] = (
    (FutureWarning, r"`torch\.cuda\.amp\.autocast", r"groundingdino\."),
    (FutureWarning, r"Importing from timm\.models\.layers", r"timm\."),
    (UserWarning, r"torch\.meshgrid: in an upcoming release", r"torch\.functional"),
)


def ignore_known_warnings() -> None:
    """Keep these few messages from the log, for good.

    `catch_warnings` would change the warnings of other threads. Often is the same as once.
    """
    for category, message, module in _KNOWN_WARNINGS:
        warnings.filterwarnings("ignore", message, category, module)
