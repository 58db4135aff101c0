"""What the environment of the process says about connections."""

import os
from collections.abc import Mapping

OFFLINE_VARIABLE = "HF_HUB_OFFLINE"
_OFFLINE = (OFFLINE_VARIABLE, "TRANSFORMERS_OFFLINE")
_TRUE = {"1", "ON", "YES", "TRUE"}


def wanted_offline(environ: Mapping[str, str] = os.environ) -> str | None:
    """The variable that says that no connection is wanted, or None; `--offline` sets the first."""
    return next((name for name in _OFFLINE if environ.get(name, "").upper() in _TRUE), None)
