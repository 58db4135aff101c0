"""How picture files are built, format by format: recognised and walked without decoding a pixel."""
