"""Node types as ComfyUI's clients know them."""
