"""What every floor stands on: errors, texts, files, frames, words; no graphs, no pictures."""
