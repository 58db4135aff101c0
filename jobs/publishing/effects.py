"""Publishing the effects of stored jobs: each once, whatever is killed and run again."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paintgraph.base.files import write_whole
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.elements import Effect
from paintgraph.jobs.publishing.files import Publisher, cannot_write
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore


class JobEffects:
    """Writes files that jobs want, under paths that the store reserved first.

    A path is on disk in the store before its file is; a node that runs again after a crash gets
    the path of the first time. `folders` maps an effect's folder ("output", "temp") to a real one.
    """

    def __init__(self, store: JobStore, blobs: Blobs, folders: Mapping[str, Path]) -> None:
        self._store = store
        self._blobs = blobs
        self._folders = folders
        self._publishers = {name: Publisher(path, blobs) for name, path in folders.items()}
        self._one_by_one = asyncio.Lock()

    async def publish(
        self, job: Job, node: str, effects: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Write the files of one node; gives what clients are told of each.

        Raises StaleFenceError, or PublishError if a file cannot be written.
        """
        async with self._one_by_one:
            return [
                await self._publish(job, node, place, Effect(**effect))
                for place, effect in enumerate(effects)
            ]

    async def _publish(self, job: Job, node: str, place: int, effect: Effect) -> dict[str, Any]:
        publisher = self._publishers[effect.folder]
        candidates = await asyncio.to_thread(publisher.candidates, effect)
        path = Path(await self._store.reserve(job, node, place, map(str, candidates)))
        await asyncio.to_thread(self._write, path, effect)
        root = self._folders[effect.folder].resolve()
        return {
            "file": str(path.relative_to(root)),
            "folder": effect.folder,
            "digest": effect.blob,
            "media_type": effect.media_type,
            "ui": effect.ui,
        }

    def _write(self, path: Path, effect: Effect) -> None:
        try:
            if path.exists():
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, self._blobs.get(effect.blob))
        except OSError as error:
            raise cannot_write(path, error) from error
