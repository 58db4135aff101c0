"""The recipes that come with paintgraph, one YAML file each."""

from pathlib import Path

FOLDER = Path(__file__).parent
