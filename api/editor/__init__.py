"""The official page of ComfyUI, served from an installed package."""
