"""A server in a process of its own: python -m benchmarks.served FOLDER [FACTORY].

Tells its address in one line. Without a factory it is the real server; else one whose workers are
built by the factory, "module:function".
"""

import asyncio
import socket
import sys
from pathlib import Path

from aiohttp import web

from api.connections import GuardedSite
from api.settings import Settings
from server import create_app, serve


def main() -> None:
    """Serve until the process is ended."""
    folder, *factory = sys.argv[1:]
    settings = Settings(data_dir=Path(folder), port=0)
    if factory:
        asyncio.run(_serve(settings, *factory))
    else:
        serve(settings, _tell)


async def _serve(settings: Settings, factory: str) -> None:
    runner = web.AppRunner(create_app(settings, factory))
    await runner.setup()
    try:
        site = GuardedSite(runner, socket.create_server((settings.host, settings.port)))
        await site.start()
        _tell(site.name)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
