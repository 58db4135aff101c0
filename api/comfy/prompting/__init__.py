"""Prompts: posted, queued, listed once they have ended."""
