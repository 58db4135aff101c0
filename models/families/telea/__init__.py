"""Telea's fast marching, for scratches and thin things; needs no weights."""
