"""Getting the files of models, and removing them."""
