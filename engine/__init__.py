"""Graphs of nodes: declared, read, checked, planned and run, with no knowledge of pictures."""
