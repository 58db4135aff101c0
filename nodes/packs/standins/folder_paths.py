"""Stand-in for `folder_paths`: where models and pictures lie, by ComfyUI's names of folders.

`folder_names_and_paths` may be changed by packs; names of files are looked up in it each time.
"""

import mimetypes
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from paintgraph.nodes.packs.host.places import Places

supported_pt_extensions = {".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"}
_KINDS = (
    *("checkpoints", "loras", "vae", "text_encoders", "clip", "diffusion_models", "unet"),
    *("clip_vision", "style_models", "embeddings", "diffusers", "vae_approx", "controlnet"),
    *("gligen", "upscale_models", "latent_upscale_models", "hypernetworks", "photomaker"),
    *("classifiers", "model_patches", "audio_encoders", "background_removal", "onnx"),
)
_TWINS = {"text_encoders": "clip", "clip": "text_encoders"}
_TWINS |= {"diffusion_models": "unet", "unet": "diffusion_models"}
_ANNOTATION = re.compile(r" \[(input|output|temp)\]$")

base_path = ""
models_dir = ""
input_directory = ""
output_directory = ""
temp_directory = ""
user_directory = ""
folder_names_and_paths: dict[str, tuple[list[str], set[str]]] = {}
filename_list_cache: dict[str, tuple[list[str], dict[str, float], float]] = {}
extension_mimetypes_cache = {"webp": "image", "fbx": "model"}


def configure(places: Places) -> None:
    """Say where things lie; packs that are loaded later find them."""
    for name, folder in (
        ("base_path", places.base),
        ("models_dir", places.models),
        ("input_directory", places.inputs),
        ("output_directory", places.outputs),
        ("temp_directory", places.temp),
        ("user_directory", places.user),
    ):
        globals()[name] = str(folder)
    folder_names_and_paths.clear()
    for kind in _KINDS:
        folders = [str(places.models / each) for each in (kind, _TWINS.get(kind, kind))]
        folder_names_and_paths[kind] = list(dict.fromkeys(folders)), set(supported_pt_extensions)
    folder_names_and_paths["configs"] = [str(places.models / "configs")], {".yaml"}
    folder_names_and_paths["custom_nodes"] = [str(folder) for folder in places.packs], set()
    for kind, more in places.model_folders.items():
        for folder in more:
            add_model_folder_path(kind, str(folder))


def map_legacy(folder_name: str) -> str:
    """The present name of a kind of model."""
    return {"unet": "diffusion_models", "clip": "text_encoders"}.get(folder_name, folder_name)


def get_input_directory() -> str:
    """Folder of pictures that graphs name."""
    return input_directory


def get_output_directory() -> str:
    """Folder of pictures that are kept."""
    return output_directory


def get_temp_directory() -> str:
    """Folder of pictures that are shown only."""
    return temp_directory


def get_user_directory() -> str:
    """Folder of settings."""
    return user_directory


def get_system_user_directory(name: str = "system") -> str:
    """Folder of settings that no page shows."""
    return str(Path(user_directory) / f"__{name}")


def get_public_user_directory(user_id: str) -> str | None:
    """Folder of one user's files; None for a name that no user has."""
    if not user_id or user_id.startswith("__") or Path(user_id).name != user_id:
        return None
    return str(Path(user_directory) / user_id)


def set_output_directory(output_dir: str) -> None:
    """Keep pictures elsewhere."""
    globals()["output_directory"] = output_dir


def set_temp_directory(temp_dir: str) -> None:
    """Show pictures elsewhere."""
    globals()["temp_directory"] = temp_dir


def set_input_directory(input_dir: str) -> None:
    """Look for pictures elsewhere."""
    globals()["input_directory"] = input_dir


def get_directory_by_type(type_name: str) -> str | None:
    """Folder of "input", "output" or "temp"; None for another word."""
    named = {"input": input_directory, "output": output_directory, "temp": temp_directory}
    return named.get(type_name)


def add_model_folder_path(
    folder_name: str,
    full_folder_path: str,
    is_default: bool = False,
) -> None:
    """Look for a kind of model in one more folder, first of all if it `is_default`."""
    folder_name = map_legacy(folder_name)
    folders = folder_names_and_paths.setdefault(folder_name, ([], set()))[0]
    if full_folder_path in folders:
        if not is_default:
            return
        folders.remove(full_folder_path)
    folders.insert(0 if is_default else len(folders), full_folder_path)


def get_folder_paths(folder_name: str) -> list[str]:
    """The folders of a kind of model; KeyError for an unknown kind."""
    return list(folder_names_and_paths[map_legacy(folder_name)][0])


def recursive_search(
    directory: str, excluded_dir_names: Collection[str] | None = None
) -> tuple[list[str], dict[str, float]]:
    """All files below a folder by their path in it, and when each folder was changed."""
    files: list[str] = []
    changed: dict[str, float] = {}
    for folder, inner, names in os.walk(directory, followlinks=True):
        inner[:] = [name for name in inner if name not in (excluded_dir_names or ())]
        changed[folder] = Path(folder).stat().st_mtime
        files += [os.path.relpath(Path(folder) / name, directory) for name in names]
    return files, changed


def filter_files_extensions(files: Iterable[str], extensions: Collection[str]) -> list[str]:
    """The files of some suffixes, sorted; of all if none is named."""
    found = (file for file in files if not extensions or Path(file).suffix.lower() in extensions)
    return sorted(found)


def filter_files_content_types(files: Iterable[str], content_types: Collection[str]) -> list[str]:
    """The files of some kinds: "image", "video", "audio", "model"."""

    def kind(file: str) -> str:
        known = extension_mimetypes_cache.get(Path(file).suffix.lower()[1:])
        return known or (mimetypes.guess_type(file)[0] or "").partition("/")[0]

    return [file for file in files if kind(file) in content_types]


def get_filename_list(folder_name: str) -> list[str]:
    """The files of a kind of model, by their paths in its folders; KeyError for an unknown kind."""
    folders, extensions = folder_names_and_paths[map_legacy(folder_name)]
    found: set[str] = set()
    for folder in folders:
        files, _ = recursive_search(folder, excluded_dir_names=(".git",))
        found.update(filter_files_extensions(files, extensions))
    return sorted(found)


def get_filename_list_(folder_name: str) -> tuple[list[str], dict[str, float], float]:
    """As `get_filename_list`, in the form of a cache that is always new."""
    return get_filename_list(folder_name), {}, 0.0


def get_full_path(folder_name: str, filename: str) -> str | None:
    """The path of a file of a kind of model, or None."""
    kind = map_legacy(folder_name)
    inside = os.path.relpath(Path("/") / filename, "/")  # no name leads out of the folder
    for folder in folder_names_and_paths.get(kind, ((), ()))[0]:
        path = Path(folder) / inside
        if path.is_file():
            return str(path)
    return None


def get_full_path_or_raise(folder_name: str, filename: str) -> str:
    """The path of a file of a kind of model; FileNotFoundError if there is none."""
    path = get_full_path(folder_name, filename)
    if path is None:
        raise FileNotFoundError(
            f"there is no file '{filename}' among the models of kind '{folder_name}'. Put it into "
            f"one of {', '.join(folder_names_and_paths.get(folder_name, ((), ()))[0]) or 'none'}."
        )
    return path


def annotated_filepath(name: str) -> tuple[str, str | None]:
    """A name without the note [input], [output] or [temp] after it, and the folder of the note."""
    note = _ANNOTATION.search(name)
    if note is None:
        return name, None
    return name[: note.start()], get_directory_by_type(note[1])


def get_annotated_filepath(name: str, default_dir: str | None = None) -> str:
    """The path of a picture's name, in the folder of its note, else of `default_dir` or inputs.

    A whole path has to lie in one of the folders of pictures. ValueError for other places.
    """
    name, noted = annotated_filepath(name)
    folder = noted or default_dir or input_directory
    path = os.path.abspath(Path(folder) / name)  # noqa: PTH100 - links stay as they are named
    folders = [folder]
    if Path(name).is_absolute():
        folders += [input_directory, output_directory, temp_directory]
    roots = [os.path.abspath(each) for each in folders]  # noqa: PTH100
    if not any(os.path.commonpath((path, root)) == root for root in roots):
        raise ValueError(f"the name '{name}' leads outside of the folder '{folder}'")
    return path


def exists_annotated_filepath(name: str) -> bool:
    """Whether there is a picture of this name."""
    try:
        return Path(get_annotated_filepath(name)).exists()
    except ValueError:
        return False


def get_save_image_path(
    filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
) -> tuple[str, str, int, str, str]:
    """Folder, name, next free number, sub-folder and prefix of pictures to be saved.

    ValueError if the prefix leads outside of the folder.
    """
    for token, value in (("width", image_width), ("height", image_height)):
        filename_prefix = filename_prefix.replace(f"%{token}%", str(value))
    inside = os.path.normpath(filename_prefix)
    subfolder, filename = os.path.split(inside)
    root = os.path.abspath(output_dir)  # noqa: PTH100
    folder = os.path.abspath(Path(root) / subfolder)  # noqa: PTH100
    if os.path.commonpath((root, folder)) != root:
        raise ValueError(f"the prefix '{filename_prefix}' leads outside of the folder '{root}'")
    Path(folder).mkdir(parents=True, exist_ok=True)
    pattern = re.compile(re.escape(filename) + r"_(\d+)_?", re.IGNORECASE)
    taken = (pattern.match(name) for name in os.listdir(folder))  # noqa: PTH208
    counter = max((int(match[1]) for match in taken if match), default=0) + 1
    return folder, filename, counter, subfolder, filename_prefix


def get_input_subfolders() -> list[str]:
    """The folders within the folder of inputs."""
    root = Path(input_directory)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir())
