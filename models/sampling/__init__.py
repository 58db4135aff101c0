"""Sampling step by step: the values that its nodes exchange, and the loop over the networks."""
