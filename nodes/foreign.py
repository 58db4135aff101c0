"""What graphs of other tools use that is not here, and what does its job: facts, no code."""

from collections.abc import Mapping

from paintgraph.engine.graph.formats.comfy.known import types_of_sockets
from paintgraph.engine.graph.formats.comfy.packs import types_of_packs

SAMPLING = "InpaintSampler, which loads, encodes, samples and decodes by itself"
MODEL_SOCKETS = frozenset(
    [
        *("MODEL", "CLIP", "VAE", "CONDITIONING", "LATENT", "CONTROL_NET", "STYLE_MODEL"),
        *("NOISE", "SIGMAS", "SAMPLER", "GUIDER", "CLIP_VISION", "CLIP_VISION_OUTPUT"),
    ]
)
STRANGE_SOCKETS = frozenset(
    ["STYLE_MODEL", "CLIP_VISION", "CLIP_VISION_OUTPUT", "GLIGEN", "HOOKS", "HOOK_KEYFRAMES"]
)
"""Types of ComfyUI's model objects of which there are none here."""

_NEAREST: Mapping[str, tuple[str, ...]] = {
    "MaskFromModel": (
        *("easy imageRemBg", "RMBG", "BiRefNetRMBG", "InspyrenetRembg", "InspyrenetRembgAdvanced"),
        *("BRIA_RMBG_Zho", "BRIA_RMBG_ModelLoader_Zho", "Image Rembg (Remove Background)"),
        *("LayerMask: RemBgUltra", "LayerMask: BiRefNetUltra", "LayerMask: BiRefNetUltraV2"),
        "LayerMask: TransparentBackgroundUltra",
    ),
    "MaskFromText": (
        *("GroundingDinoSAMSegment (segment anything)", "CLIPSeg", "Mask By Text", "SAM2Segment"),
        *("GroundingDinoModelLoader (segment anything)", "SAMModelLoader (segment anything)"),
        *("LayerMask: SegmentAnythingUltra", "LayerMask: SegmentAnythingUltra V2", "SegmentV2"),
    ),
    "CropForInpaint": ("InpaintCropImproved", "InpaintCrop"),
    "StitchInpaint": ("InpaintStitchImproved", "InpaintStitch"),
    "GrowMask, then SoftenMask": ("GrowMaskWithBlur", "INPAINT_ExpandMask", "AILab_MaskEnhancer"),
    "FillMasked": ("INPAINT_MaskedFill", "INPAINT_MaskedBlur"),
    "ImageScale": ("ImageResize+", "ImageResizeKJ", "ImageResizeKJv2"),
    "MaskPreview": ("MaskPreview+", "LayerMask: MaskPreview"),
    "ImageCompositeMasked": ("BlendInpaint",),
    "CheckpointLoaderSimple": ("CheckpointLoader",),
    "CFGGuider": ("DualCFGGuider",),
}
"""Our nodes by meaning, and nodes of the commonest packs whose job they do."""

_INPAINTING = "a checkpoint that was made for inpainting, with InpaintModelConditioning"
_PATCHING: Mapping[str, tuple[str, ...]] = {
    "ControlNetApplyAdvanced or LoraLoader to steer what is painted": (
        *("IPAdapter", "InstantID", "ApplyInstantID", "PhotoMaker", "StyleModel", "USOStyle"),
        *("unCLIP", "CLIPVision"),
    ),
    _INPAINTING: (
        "InstructPixToPix",
        "BrushNet",
        "PowerPaint",
        "INPAINT_LoadFooocus",
        "INPAINT_ApplyFooocus",
    ),
    "the model as it is: leave these nodes out": (
        *("FreeU", "PerturbedAttention", "SelfAttentionGuidance", "SkipLayerGuidance", "HyperTile"),
        *("Tome", "TorchCompileModel", "EasyCache", "LazyCache", "CFGZeroStar", "CFGNorm", "APG"),
        *("RescaleCFG", "Hypernetwork", "UNetSelfAttention", "UNetCrossAttention", "UNetTemporal"),
        *("TCFG", "FreSca", "Mahiro", "RenormCFG", "PatchModelAddDownscale", "ModelCompute"),
    ),
    "CropForInpaint and StitchInpaint, so that a part at a time is sampled": ("TiledDiffusion",),
    "CLIPTextEncode": ("ELLA", "Ella", "SetElla", "T5TextEncoderLoader #ELLA"),
    "one model with LoraLoader, or a file that was merged before": ("ModelMerge", "CLIPMerge"),
}
"""What patches the model objects of ComfyUI, by how its types begin, and the way out."""


def replacements() -> dict[str, str]:
    """What to use instead of other tools' nodes, by their types, those that are here as well."""
    models = types_of_sockets(MODEL_SOCKETS)
    sampling = dict.fromkeys(models, SAMPLING)
    patching = {
        type_: own
        for type_ in dict.fromkeys((*models, *types_of_packs()))
        for own, starts in _PATCHING.items()
        if type_.startswith(starts)
    }
    nearest = {other: own for own, others in _NEAREST.items() for other in others}
    return {**sampling, **patching, **nearest}
