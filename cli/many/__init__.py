"""`paintgraph run` with many pictures: which ones, where their results go, what is done already."""
