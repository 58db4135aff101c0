"""Nodes that decide, compare, show, and send pictures through recipes."""
