"""A V3 pack: no mappings, an entry point."""
from comfy_api.latest import ComfyExtension, io, ui
from typing_extensions import override


class SchemaInvert(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="SchemaInvert",
            display_name="Invert (Schema)",
            category="schema",
            inputs=[
                io.Image.Input("image"),
                io.Float.Input("amount", default=1.0, min=0.0, max=1.0, step=0.01),
                io.Combo.Input("way", options=["all", "red"], default="all", optional=True),
            ],
            outputs=[io.Image.Output("image")],
        )

    @classmethod
    def execute(cls, image, amount, way="all"):
        inverted = 1.0 - image
        if way == "red":
            inverted[..., 1:] = image[..., 1:]
        return io.NodeOutput(image + (inverted - image) * amount)


class SchemaShowText(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="SchemaShowText",
            category="schema",
            inputs=[io.String.Input("text", multiline=True)],
            outputs=[],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, text):
        return io.NodeOutput(ui=ui.PreviewText(f"{cls.hidden.unique_id}: {text}"))


class SchemaDynamic(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        amount = io.Int.Input("amount", default=2, min=0, max=9)
        return io.Schema(
            node_id="SchemaDynamic",
            category="schema",
            inputs=[
                io.DynamicCombo.Input(
                    "mode",
                    options=[
                        io.DynamicCombo.Option("plain", []),
                        io.DynamicCombo.Option("times", [amount]),
                        io.DynamicCombo.Option(
                            "more",
                            [
                                amount,
                                io.String.Input("word", default="x", optional=True),
                                io.DynamicCombo.Input(
                                    "inner",
                                    options=[
                                        io.DynamicCombo.Option("none", []),
                                        io.DynamicCombo.Option("some", [io.Int.Input("depth")]),
                                    ],
                                ),
                            ],
                        ),
                    ],
                ),
                io.Autogrow.Input(
                    "values",
                    template=io.Autogrow.TemplatePrefix(
                        input=io.AnyType.Input("value"), prefix="value", min=0, max=4
                    ),
                ),
            ],
            outputs=[io.String.Output("told")],
        )

    @classmethod
    def execute(cls, mode, values):
        return io.NodeOutput(f"{mode} {values}")


class SchemaExtension(ComfyExtension):
    @override
    async def get_node_list(self):
        return [SchemaInvert, SchemaShowText, SchemaDynamic]


async def comfy_entrypoint():
    return SchemaExtension()
