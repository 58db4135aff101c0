"""Graphs as data: nodes, links, specs, values, and the formats in which graphs are written."""
