"""Nodes that load, encode, sample and decode with diffusion models, by the names of ComfyUI."""
