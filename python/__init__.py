"""The front door for Python: run recipes here or on a server, and keep what came of it."""
