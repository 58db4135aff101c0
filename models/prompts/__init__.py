"""Prompts as denoisers read them: weights, tokens, embeddings."""
