"""Routes that node packs add: answered where packs are loaded, passed on by the server."""
