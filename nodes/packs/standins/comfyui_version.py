"""Stand-in for `comfyui_version`: the version whose names the stand-ins have."""

__version__ = "0.3.64"
