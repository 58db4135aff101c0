"""PatchMatch: fills holes with patches of their surroundings; needs no weights."""
