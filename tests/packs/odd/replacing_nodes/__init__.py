"""Replaces methods of what runs prompts, and extends classes of model objects."""
import comfy.model_patcher
import comfy.sd
import execution
import nodes

original = execution.PromptExecutor.handle_execution_error


def handle(self, *args, **kwargs):
    return original(self, *args, **kwargs)


execution.PromptExecutor.handle_execution_error = handle
assert isinstance(execution.PromptExecutor, type)


class Patcher(comfy.model_patcher.ModelPatcher):
    pass


class ReplacingCount:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("BOOLEAN",)
    FUNCTION = "run"

    def run(self):
        return ("ReplacingCount" in nodes.NODE_CLASS_MAPPINGS,)


class ReplacingPatch(ReplacingCount):
    RETURN_TYPES = ("STRING",)

    def run(self):
        return (str(Patcher()),)


NODE_CLASS_MAPPINGS = {"ReplacingCount": ReplacingCount, "ReplacingPatch": ReplacingPatch}
