"""One class fails when it is asked for its inputs."""


class FailingGood:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {"default": 3})}}

    RETURN_TYPES = ("INT",)
    FUNCTION = "run"

    def run(self, value):
        return (value,)


class FailingInputs(FailingGood):
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"name": (open("no such file of names").read().split(),)}}


NODE_CLASS_MAPPINGS = {"FailingGood": FailingGood, "FailingInputs": FailingInputs, "NoClass": 7}
