"""What paints: engines that fill the selected part of a picture, each behind one protocol."""
