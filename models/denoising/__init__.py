"""The loop that takes noise out of latents, over diffusers' networks and schedulers."""
