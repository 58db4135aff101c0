"""Nodes that make, shape and combine masks."""
