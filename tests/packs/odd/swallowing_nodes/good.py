class SwallowGood:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("FLOAT", {"default": 1.0})}}

    RETURN_TYPES = ("FLOAT",)
    FUNCTION = "run"

    def run(self, value):
        return (value * 2,)


NODE_CLASS_MAPPINGS = {"SwallowGood": SwallowGood}
