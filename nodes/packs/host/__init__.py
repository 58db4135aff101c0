"""What the stand-ins stand on: where things lie, which call runs, names that have no stand-in."""
