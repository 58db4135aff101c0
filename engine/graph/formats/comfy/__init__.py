"""ComfyUI's files: prompts in API format, graphs of its editor, pictures that carry them."""
