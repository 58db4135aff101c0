"""`python -m paintgraph.cli` is `paintgraph`."""

from paintgraph.cli.app import main

main()
