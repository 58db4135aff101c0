"""What paints, behind one protocol, and what surrounds every engine."""
