"""First guesses for what lies under a mask, and the detail of what was painted there."""
