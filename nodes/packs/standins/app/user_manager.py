"""Stand-in for `app.user_manager`: one user, whose files lie below the folder of settings."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paintgraph.nodes.packs.host.placeholders import names_of

_USER = "default"


class UserManager:
    """Knows one user; `folder_of` gives the folder of one by name."""

    def __init__(self, folder_of: Callable[[str], str | None]) -> None:
        self._folder_of = folder_of
        self.users = {_USER: _USER}

    def get_request_user_id(self, request: Any) -> str:
        """The user of a request."""
        del request
        return _USER

    def get_request_user_filepath(
        self, request: Any, file: str | None, type: str = "userdata", create_dir: bool = True
    ) -> str | None:
        """Where a file of the user lies, or the user's folder; None if the name leads out of it."""
        root = self._folder_of(self.get_request_user_id(request))
        if type != "userdata" or root is None:
            return None
        path = os.path.abspath(Path(root) / (file or ""))  # noqa: PTH100 - links stay as named
        if os.path.commonpath((root, path)) != root:
            return None
        if create_dir:
            (Path(path).parent if file else Path(path)).mkdir(parents=True, exist_ok=True)
        return path


__getattr__ = names_of("app.user_manager")
