"""Families of models: one folder each."""
