"""Models in memory: on which device, lent to one user at a time, bounded."""
