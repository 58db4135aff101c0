"""The HTTP contracts of the server, and what guards them."""
