"""Sampling's values as packs know them: dicts of tensors, lists of pairs, objects for networks."""
