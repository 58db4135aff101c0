"""Photos, boxes, ways to fill them, what came out: `python -m paintgraph.benchmarks pictures`."""
