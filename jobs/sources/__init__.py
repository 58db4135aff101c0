"""Where pictures come from: folders, references, addresses on the web."""
