import no_such_module_of_a_pack.inner

NODE_CLASS_MAPPINGS = {"SwallowBad": no_such_module_of_a_pack.inner.Node}
