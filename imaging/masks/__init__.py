"""Masks: combined, grown, shrunk, selected from pictures, matted."""
