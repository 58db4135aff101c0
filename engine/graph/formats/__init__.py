"""The forms in which graphs are written down, each read into a Graph and written back."""
