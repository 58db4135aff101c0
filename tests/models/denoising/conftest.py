"""Tiny networks are quicker on one thread than on several that wait for each other."""

from paintgraph.tests.models.diffusion.conftest import one_thread

__all__ = ["one_thread"]
