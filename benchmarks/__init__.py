"""Benchmarks: `python -m benchmarks [NAME ...]` measures, and compares with targets."""
