"""What picture files say beside their pixels: read, cleaned and written again, kind by kind."""
