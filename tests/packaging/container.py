"""What the Dockerfile says, read for tests that follow its steps without a container."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paintgraph.tests.packaging.declared import ROOT

_INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Container:
    """What a container of the image's last stage runs.

    Attributes:
        command: entry point and arguments.
        environment: variables, in absolute paths of the container.
        health: the command that says whether it is well.
        volumes: folders that outlive it.
        user: as whom it runs.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: tuple[str, ...]
    volumes: tuple[str, ...]
    user: str

    def environment_in(self, folder: Path) -> dict[str, str]:
        """Its variables, with paths in a folder in place of the container's root."""
        return {
            name: str(folder / value[1:]) if value.startswith("/") else value
            for name, value in self.environment.items()
        }


def container() -> Container:
    """What the Dockerfile's last stage says."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    last = re.split(r"^FROM ", text.replace("\\\n", " "), flags=re.MULTILINE)[-1]
    found = [
        (str(match[1]), str(match[2]))
        for line in last.splitlines()[1:]
        if (match := _INSTRUCTION.match(line))
    ]
    said = dict(found)
    variables = [word for name, rest in found if name == "ENV" for word in shlex.split(rest)]
    return Container(
        command=(*json.loads(said["ENTRYPOINT"]), *json.loads(said["CMD"])),
        environment=dict(word.split("=", 1) for word in variables),
        health=tuple(json.loads(said["HEALTHCHECK"].partition(" CMD ")[2])),
        volumes=tuple(said["VOLUME"].split()),
        user=said["USER"],
    )
