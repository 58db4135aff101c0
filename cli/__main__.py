"""`python -m cli` is `paintgraph`."""

from cli.app import main

main()
