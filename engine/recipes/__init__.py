"""From a document to a graph that can run: checking, binding, recipes by name, schemas."""
