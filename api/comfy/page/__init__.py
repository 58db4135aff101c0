"""What ComfyUI's page asks of the server beside running prompts."""
