"""What selects: salient objects, words, boxes and points."""
