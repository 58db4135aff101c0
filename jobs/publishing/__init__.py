"""Results become files, once each."""
