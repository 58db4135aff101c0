"""Node packs that were written for ComfyUI: what they import, how they are loaded and called."""
