class Twin:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}

    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    def run(self):
        return ("a",)


NODE_CLASS_MAPPINGS = {"TwinNode": Twin, "ImageInvert": Twin}
