"""Our own modules under the names that packs import; `host.finder` puts them there.

Names, parameters and results are those of ComfyUI's modules, so they are no example of how names
are chosen here. What only ComfyUI's model objects could do is a placeholder that says so when used.
They keep state in module variables, as packs read and change those.
"""
