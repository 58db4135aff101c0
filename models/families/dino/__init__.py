"""Grounding DINO: finds what words name."""
