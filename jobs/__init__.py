"""What surrounds runs: folders, references to pictures, published files."""
