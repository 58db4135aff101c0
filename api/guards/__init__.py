"""What stands before every route: hosts, origins, keys, limits."""
