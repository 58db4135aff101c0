"""Pure functions on pictures and masks: arrays in, new arrays out."""
