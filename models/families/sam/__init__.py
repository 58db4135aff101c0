"""Segment Anything: selects by points and boxes."""
