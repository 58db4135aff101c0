"""A server in a process of its own: python -m paintgraph.benchmarks.served FOLDER [FACTORY].

Tells its address in one line. Without a factory it is the real server; else one whose workers are
built by the factory, "module:function".
"""

import sys
from pathlib import Path

from paintgraph.api.settings import Settings
from paintgraph.server import serve


def main() -> None:
    """Serve until the process is ended."""
    folder, *factory = sys.argv[1:]
    serve(Settings(data_dir=Path(folder), port=0), _tell, *factory)


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
