"""Names of facts about pictures, for those that load no array library."""

REPAINT = "repaint"
"""The fact that holds how well a repainted picture fits; of that picture alone."""

FACES_AVOIDED = "faces_avoided"
"""The fact of a mask that says how many faces it selects because nothing else was to be avoided."""
