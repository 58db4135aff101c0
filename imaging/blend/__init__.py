"""Putting pictures and painted parts into pictures without a visible seam."""
