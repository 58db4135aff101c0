"""Names of facts about pictures, for those that load no array library."""

REPAINT = "repaint"
"""The fact that holds how well a repainted picture fits; of that picture alone."""
