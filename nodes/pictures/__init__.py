"""Nodes that read, write, size, cut and combine pictures."""
