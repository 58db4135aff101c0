"""The page to paint on: for people who erase, replace and extend without opening a graph."""
