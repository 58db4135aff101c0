"""Nodes that repaint, make room to outpaint, cut and stitch."""
