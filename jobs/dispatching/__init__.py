"""Queued jobs in fair turns to workers, and what comes of them."""
