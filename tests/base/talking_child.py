"""A process that answers its parent in capitals: python -m this module ADDRESS."""

import sys

from paintgraph.base import platforms

if __name__ == "__main__":
    with platforms.connect(sys.argv[1]) as connection:
        while said := connection.recv(100):
            connection.sendall(said.upper())
