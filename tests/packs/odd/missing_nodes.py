"""Needs a module that is not there."""
import no_such_module_at_all

NODE_CLASS_MAPPINGS = {"MissingNode": no_such_module_at_all.Node}
