"""Node classes of ComfyUI's convention as ordinary declarations."""
