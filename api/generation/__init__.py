"""The HTTP API that clients of Fooocus-API (port 8888) know: the recipes of `api/fooocus` again."""
