"""Engines that paint by diffusion: pipelines of the diffusers library behind `Inpainter`.

Nothing of diffusers or torch is seen outside this package.
"""
