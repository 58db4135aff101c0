"""Nodes: declared by typed functions, kept in a registry; what one may ask for while it runs."""
