"""Finding packs, importing them with care, and telling what became of each."""
