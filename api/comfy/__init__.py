"""ComfyUI's HTTP and WebSocket protocol as a translation: a prompt becomes a job."""
