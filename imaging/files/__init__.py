"""Picture files: what they are, reading them to arrays and writing arrays back."""
