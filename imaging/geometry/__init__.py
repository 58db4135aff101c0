"""Places and sizes: boxes, crops, canvases, padding, resizing."""
