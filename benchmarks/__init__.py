"""Benchmarks: `python -m paintgraph.benchmarks [NAME ...]` measures, and compares with targets."""
