"""paintgraph: select a part of a picture and repaint it, or continue it past its edges."""
