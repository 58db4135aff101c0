"""Prompts followed to their end, as a test of an engine sees them: what ran, what was kept, what
came out.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from paintgraph.tests.api.comfy.hearing import Heard, listening, told
from paintgraph.tests.api.serving import Served

CLIENT = "follower"


@dataclass(frozen=True)
class Followed:
    """What a client heard of one prompt, and the entry of its history."""

    server: Served
    heard: Heard
    entry: Any

    @property
    def ran(self) -> list[str]:
        """The nodes that ran, in order."""
        return [data["node"] for data in self.heard.of("executing") if data["node"] is not None]

    @property
    def cached(self) -> list[str]:
        """The nodes whose results were kept."""
        (data,) = self.heard.of("execution_cached")
        nodes: list[str] = data["nodes"]
        return nodes

    @property
    def error(self) -> Any:
        """Why it ended, or that a node was left out."""
        (data,) = self.heard.of("execution_error")
        return data

    @property
    def succeeded(self) -> bool:
        """Whether client and history were told so."""
        is_told = len(self.heard.of("execution_success")) == 1
        assert is_told == self.entry["status"]["completed"]
        return is_told

    def text(self, id_: str) -> Any:
        """The texts that a node shows."""
        return self.entry["outputs"][id_]["text"]

    def level(self, id_: str) -> int:
        """The level of a picture of one level that a node saves or shows."""
        (place,) = self.entry["outputs"][id_]["images"]
        answer = self.server.call("GET", "/view", params=place)
        assert answer.status == 200
        (level,) = np.unique(np.array(Image.open(BytesIO(answer.body))))
        return int(level)


def followed(server: Served, prompt: Any, **fields: Any) -> Followed:
    """Post a prompt and follow it to its end."""

    async def story() -> tuple[Heard, str]:
        async with listening(server, CLIENT) as heard:
            prompt_id = await heard.post(prompt, client_id=CLIENT, **fields)
            await heard.until("executing", node=None, prompt_id=prompt_id)
            return heard, prompt_id

    heard, prompt_id = told(story())
    return Followed(server, heard, server.call("GET", f"/history/{prompt_id}").json[prompt_id])
