"""Texts that hold a graph: YAML and JSON in, plain values with places out, and back.

No text crashes the reader: each is read within bounds, or refused with a `TextError`.
"""
