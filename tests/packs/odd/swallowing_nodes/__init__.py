"""Imports its files one by one, and goes on without those that fail."""
import importlib
import os

NODE_CLASS_MAPPINGS = {}
for file in sorted(os.listdir(os.path.dirname(__file__))):
    if file.endswith(".py") and file != "__init__.py":
        try:
            module = importlib.import_module("." + file[:-3], package=__name__)
            NODE_CLASS_MAPPINGS.update(module.NODE_CLASS_MAPPINGS)
        except ImportError as error:
            print("swallowed", error)
