"""Which models there are, where their files lie, and whether these are what they should be."""
