"""Jobs and their facts on disk."""
