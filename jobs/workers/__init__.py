"""Worker processes: what they run, and the server's side of them."""
