"""Masks of what stands out in a picture, by rembg."""
