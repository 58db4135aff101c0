"""Every name that packs import is there: real where that works without models, or a placeholder.

The lists are of the names that the best-known packs import. A real name has the parameters by
which they call it.
"""

import importlib
import inspect
import typing
from typing import Any, Optional

import pytest

from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError

pytestmark = pytest.mark.usefixtures("standins")
torch = pytest.importorskip("torch")

REAL = {
    "folder_paths": """
        base_path models_dir folder_names_and_paths supported_pt_extensions filename_list_cache
        output_directory input_directory temp_directory user_directory
        get_filename_list(folder_name) get_full_path(folder_name,filename)
        get_full_path_or_raise(folder_name,filename) get_folder_paths(folder_name)
        add_model_folder_path(folder_name,full_folder_path,is_default) annotated_filepath(name)
        get_annotated_filepath(name,default_dir) exists_annotated_filepath(name)
        get_input_directory() get_output_directory() get_temp_directory() get_user_directory()
        get_directory_by_type(type_name) get_public_user_directory(user_id)
        get_save_image_path(filename_prefix,output_dir,image_width,image_height)
        filter_files_extensions(files,extensions) filter_files_content_types(files,content_types)
        recursive_search(directory,excluded_dir_names) map_legacy(folder_name)
        set_output_directory(output_dir) set_temp_directory(temp_dir) get_input_subfolders()
    """,
    "comfy.utils": """
        ProgressBar(total,node_id) common_upscale(samples,width,height,upscale_method,crop)
        lanczos(samples,width,height) bislerp(samples,width,height)
        load_torch_file(ckpt,safe_load,device,return_metadata) save_torch_file(sd,ckpt,metadata)
        tiled_scale tiled_scale_multidim get_tiled_scale_steps(width,height,tile_x,tile_y,overlap)
        get_attr(obj,attr) set_attr(obj,attr,value) set_attr_param(obj,attr,value)
        copy_to_param(obj,attr,value) state_dict_prefix_replace calculate_parameters
        repeat_to_batch_size(tensor,batch_size,dim) resize_to_batch_size PROGRESS_BAR_ENABLED
    """,
    "comfy.model_management": """
        get_torch_device() intermediate_device unet_offload_device text_encoder_device
        text_encoder_offload_device vae_device vae_offload_device get_autocast_device(dev)
        soft_empty_cache(force) is_device_mps(device) is_device_cpu is_nvidia() is_intel_xpu
        unload_all_models() unload_model_clones OOM_EXCEPTION
        cast_to_device(tensor,device,dtype,copy) cast_to free_memory get_free_memory
        get_total_memory load_models_gpu load_model_gpu unet_dtype vae_dtype text_encoder_dtype
        intermediate_dtype unet_manual_cast should_use_fp16 should_use_bf16
        InterruptProcessingException throw_exception_if_processing_interrupted()
        processing_interrupted() interrupt_current_processing(value) module_size(module)
        xformers_enabled XFORMERS_IS_AVAILABLE is_directml_enabled directml_enabled
        get_torch_device_name(device) current_loaded_models VRAMState vram_state CPUState
        cpu_state raise_non_oom in_training loaded_models xpu_available
    """,
    "comfy.cli_args": "args LatentPreviewMethod PerformanceFeature",
    "nodes": """
        MAX_RESOLUTION NODE_CLASS_MAPPINGS NODE_DISPLAY_NAME_MAPPINGS EXTENSION_WEB_DIRS
        LOADED_MODULE_DIRS SaveImage PreviewImage LoadImage LoadImageMask ImageScale ImageScaleBy
        ImageBatch ImageInvert ImagePadForOutpaint EmptyImage interrupt_processing(value)
        before_node_execution()
        common_ksampler(model,seed,steps,cfg,sampler_name,scheduler,positive,negative,latent,denoise,disable_noise,start_step,last_step,force_full_denoise)
        CheckpointLoaderSimple VAELoader UNETLoader CLIPLoader DualCLIPLoader ControlNetLoader
        LoraLoader CLIPSetLastLayer CLIPTextEncode ConditioningCombine ConditioningSetMask
        ControlNetApplyAdvanced VAEEncode VAEEncodeTiled VAEEncodeForInpaint VAEDecode
        VAEDecodeTiled SetLatentNoiseMask InpaintModelConditioning EmptyLatentImage LatentUpscale
        KSampler KSamplerAdvanced folder_paths comfy torch np os json math random Image ImageOps
        ImageSequence PngInfo hashlib
    """,
    "comfy_extras.nodes_mask": """
        composite(destination,source,x,y,mask,multiplier,resize_source) ImageCompositeMasked
        MaskToImage ImageToMask ImageColorToMask SolidMask InvertMask CropMask MaskComposite
        FeatherMask GrowMask ThresholdMask
    """,
    "comfy.samplers": """
        KSampler SAMPLER_NAMES SCHEDULER_NAMES SCHEDULER_HANDLERS sampler_object(name) CFGGuider
        calculate_sigmas(model_sampling,scheduler_name,steps)
        sample(model,noise,positive,negative,cfg,device,sampler,sigmas,model_options,latent_image,denoise_mask,callback,disable_pbar,seed)
    """,
    "comfy.sample": """
        prepare_noise(latent_image,seed,noise_inds) fix_empty_latent_channels
        sample(model,noise,steps,cfg,sampler_name,scheduler,positive,negative,latent_image,denoise,disable_noise,start_step,last_step,force_full_denoise,noise_mask,sigmas,callback,disable_pbar,seed)
        sample_custom(model,noise,cfg,sampler,sigmas,positive,negative,latent_image,noise_mask,callback,disable_pbar,seed)
    """,
    "comfy.sd": "CLIP VAE",
    "comfy.model_patcher": "ModelPatcher",
    "comfy.controlnet": "ControlNet",
    "latent_preview": "prepare_callback(model,steps,x0_output_dict) get_previewer",
    "comfy_extras.nodes_custom_sampler": "RandomNoise KSamplerSelect BasicScheduler SamplerCustom",
    "comfy_extras.nodes_differential_diffusion": "DifferentialDiffusion",
    "comfy_extras.nodes_images": "ImageCrop RepeatImageBatch ImageFromBatch",
    "comfy_extras.nodes_compositing": "JoinImageWithAlpha",
    "comfy_extras.nodes_post_processing": "Blend Blur ImageScaleToTotalPixels",
    "server": "PromptServer BinaryEventTypes web aiohttp uuid os json nodes execution folder_paths",
    "execution": "PromptExecutor PromptQueue full_type_name nodes",
    "node_helpers": """
        conditioning_set_values pillow hasher string_to_torch_dtype image_alpha_fix
    """,
    "comfy.comfy_types": "IO ComfyNodeABC InputTypeDict FileLocator",
    "comfy.comfy_types.node_typing": "IO ComfyNodeABC InputTypeDict FileLocator",
    "comfy_execution.graph_utils": "GraphBuilder is_link ExecutionBlocker Node add_graph_prefix",
    "comfy_execution.graph": "ExecutionBlocker DynamicPrompt get_input_info",
    "comfy_execution.utils": "get_executing_context()",
    "comfy_api.latest": """
        io IO ui UI ComfyExtension ComfyAPI ComfyAPISync Input InputImpl Types
    """,
    "comfy_api.v0_0_2": "ComfyAPI ComfyAPISync io",
    "app.user_manager": "UserManager",
}

PLACEHOLDERS = """
    comfy.sd.load_checkpoint_guess_config comfy.sample.prepare_sampling
    comfy.samplers.KSAMPLER
    comfy.k_diffusion.sampling.sample_euler
    comfy.k_diffusion.utils.FolderOfImages comfy.model_patcher.create_model_options_clone
    comfy.model_base.BaseModel comfy.model_sampling.CONST comfy.latent_formats.SD15
    comfy.supported_models.SDXL comfy.supported_models_base.BASE comfy.diffusers_convert
    comfy.clip_vision.ClipVisionModel comfy.controlnet.T2IAdapter comfy.lora.load_lora
    comfy.ldm.modules.attention.optimized_attention comfy.ops.manual_cast.Linear
    comfy.sd1_clip.SDTokenizer comfy.text_encoders.sd3_clip comfy.float.stochastic_rounding
    comfy_extras.chainner_models.model_loading comfy_extras.chainner_models.types.PyTorchModel
    comfy_extras.nodes_custom_sampler.Noise_RandomNoise latent_preview.LatentPreviewer
    comfy_extras.nodes_upscale_model.ImageUpscaleWithModel nodes.unCLIPConditioning
    comfy_extras.nodes_mask.LatentCompositeMasked nodes.StyleModelApply
"""
ITSELF = """
    execution.validate_prompt execution.get_input_data app.frontend_management.FrontendManager
    comfy_execution.caching.HierarchicalCache comfy_config.types
    comfy_api.latest.InputImpl.VideoFromFile comfy_api.latest.Types.VideoCodec
"""


def found(path: str) -> Any:
    """What a dotted name leads to, as a pack has it: modules are imported, others asked for."""
    owner, _, name = path.rpartition(".")
    if "." in owner and owner.rpartition(".")[2][0].isupper():
        return getattr(found(owner), name)
    return getattr(importlib.import_module(owner), name)


@pytest.mark.parametrize("module", REAL)
def test_names_that_need_no_model_objects_are_real(module: str) -> None:
    there = vars(importlib.import_module(module))
    wrong = []
    for told in REAL[module].split():
        name, is_called, listed = told.partition("(")
        if name not in there:
            wrong.append(name)
        elif is_called:
            parameters = inspect.signature(there[name]).parameters
            if ",".join(parameters) != listed.rstrip(")"):
                wrong.append(f"{name}({','.join(parameters)}")

    assert wrong == []


@pytest.mark.parametrize("path", PLACEHOLDERS.split())
def test_names_of_models_can_be_imported_extended_and_changed_but_not_used(path: str) -> None:
    name = found(path)

    class Mine(name):  # type: ignore[misc, valid-type] # as packs do
        def own(self) -> None:
            """What a pack adds."""

    name.patched = Mine.own
    assert name.patched is Mine.own
    assert found(path).patched is Mine.own
    assert not isinstance(1, name)
    assert typing.get_type_hints(type("X", (), {"__annotations__": {"x": Optional[name]}}))  # noqa: UP045 - as packs write
    assert {name: 1}[name] == 1
    for use in (name, Mine):
        with pytest.raises(NeedsModelObjectsError, match=f"'{path}' needs ComfyUI's model objects"):
            use("x")


@pytest.mark.parametrize("path", ITSELF.split())
def test_what_is_no_model_object_says_so_when_it_is_used(path: str) -> None:
    with pytest.raises(NeedsModelObjectsError, match=f"'{path}' is a part of ComfyUI itself"):
        found(path)()


def test_lists_of_names_are_lists_to_which_packs_add(monkeypatch: pytest.MonkeyPatch) -> None:
    samplers = importlib.import_module("comfy.samplers")
    nodes = importlib.import_module("nodes")

    monkeypatch.setattr(samplers.KSampler, "SAMPLERS", [*samplers.KSampler.SAMPLERS])
    samplers.KSampler.SAMPLERS.append("mine")
    samplers.SCHEDULER_HANDLERS["mine"] = None

    assert "euler" in [*samplers.KSampler.SAMPLERS, *samplers.SAMPLER_NAMES]
    assert "mine" in samplers.KSampler.SAMPLERS
    assert ["a", *samplers.KSampler.SCHEDULERS] == ["a"] + samplers.KSampler.SCHEDULERS  # noqa: RUF005 - as packs write
    assert "normal" in samplers.SCHEDULER_HANDLERS
    assert isinstance(samplers.SCHEDULER_NAMES, list)
    assert nodes.NODE_CLASS_MAPPINGS["KSampler"] is nodes.KSampler
    assert "StyleModelApply" not in nodes.NODE_CLASS_MAPPINGS
    unknown = nodes.NODE_CLASS_MAPPINGS["StyleModelApply"]
    assert unknown is nodes.NODE_CLASS_MAPPINGS["StyleModelApply"]
