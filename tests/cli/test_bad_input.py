"""Whatever is wrong: exit code, stable code and message say so, and nothing is written."""

import struct
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples

Maker = Callable[[], bytes]

PAINT = 'nodes: {photo: {node: LoadImage, image: photo.png}}\noutputs: {image: "${photo.image}"}\n'


def _text(value: str) -> Maker:
    return value.encode


def _saved(format_: str, *, frames: int = 1, **options: bool) -> bytes:
    pictures = [Image.fromarray(samples(seed=n)) for n in range(frames)]
    file = BytesIO()
    rest = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    pictures[0].save(file, format_, **rest, **options)
    return file.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def _bomb() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IEND", b"")


def _alias_bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join([*lines, "nodes: *a8"]).encode()


# What a file holds -> the code, and a part of the message that no other fault has.
GRAPHS: Mapping[str, tuple[Maker, str, str]] = {
    "empty": (_text(""), "empty", "is empty"),
    "only comments": (_text("# nothing\n"), "empty", "only comments"),
    "binary": (lambda: bytes(range(128, 256)), "not_utf8", "byte 0 of the text is 0x80"),
    "picture": (lambda: png(samples()), "no_graph", "this picture carries no graph"),
    "prose": (_text("hello"), "no_graph", "a mapping with nodes and outputs"),
    "a list": (_text("- a\n- b\n"), "no_graph", "a mapping with nodes and outputs"),
    "other JSON": (_text('{"hello": 1}'), "no_graph", "a mapping with nodes and outputs"),
    "cut JSON": (_text('{"nodes": {"a": '), "bad_json", "not JSON from here on, at its end"),
    "JSON garbage": (_text('{"nodes": {]}'), "bad_json", "not JSON from here on, before ']}'"),
    "NaN in JSON": (_text('{"nodes": {"a": NaN}}'), "not_finite", "NaN is not finite"),
    "Infinity in JSON": (
        _text('{"nodes": {"a": -Infinity}}'),
        "not_finite",
        "-Infinity is not finite",
    ),
    "huge number": (_text('{"nodes": {"a": 1e999}}'), "not_finite", "1e999 is not finite"),
    "huge integer": (_text("nodes: {a: 99999999999999999999999}"), "integer_range", "9999"),
    "NaN in YAML": (_text("nodes: {a: .nan}"), "not_finite", ".nan is not finite"),
    "infinity in YAML": (_text("nodes: {a: -.inf}"), "not_finite", "-.inf is not finite"),
    "deep YAML": (_text("nodes: " + "[" * 100_000), "too_deep", "more than 64 deep"),
    "deep JSON": (
        _text('{"nodes": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        "too_deep",
        "more than 64 deep",
    ),
    "alias bomb": (_alias_bomb, "alias_bomb", "longer than 100000 values"),
    "duplicate keys": (_text("nodes: {}\nnodes: {}\n"), "duplicate_key", "line 1, column 1"),
    "duplicate keys in JSON": (
        _text('{"nodes": {}, "nodes": {}}'),
        "duplicate_key",
        "'nodes' was given before",
    ),
    "tag": (_text("nodes: !!python/object/apply:os.system [ls]"), "tag_refused", "os.system"),
    "two documents": (_text("nodes: {}\n---\nnodes: {}\n"), "many_documents", "'---'"),
    "2 MB": (_text("nodes: {}\n# " + "x" * 2_000_000), "too_large", "at most 1048576 are read"),
    "bad YAML": (_text("nodes: {a: [}\n"), "bad_yaml", ""),
    "newer version": (_text(f"paintgraph: 2\n{PAINT}"), "unknown_version", "reads version 1"),
    "nodes of another shape": (_text("nodes: 5\n"), "wrong_shape", "'nodes' is 5"),
    "a node without type": (_text("nodes: {a: {}}\n"), "bad_node", "neither 'node'"),
    "nothing to reach": (_text("nodes: {}\n"), "no_outputs", "the graph has no output"),
    "unknown field": (
        _text(PAINT + "inptus: {}\n"),
        "unknown_field",
        "Did you mean 'inputs'?",
    ),
    "unknown node": (
        _text(PAINT.replace("LoadImage", "LoadImag")),
        "unknown_node",
        "node 'photo' (LoadImag): there is no node type 'LoadImag'. Did you mean 'LoadImage'?",
    ),
    "unknown recipe": (
        _text('nodes: {a: {recipe: inpant}}\noutputs: {image: "${a.image}"}'),
        "unknown_recipe",
        "there is no recipe 'inpant'",
    ),
    "unknown input": (
        _text(PAINT.replace("image: photo", "imag: photo")),
        "unknown_input",
        "no input 'imag'; allowed are image, alpha, frame. Did you mean 'image'?",
    ),
    "missing input": (
        _text(PAINT.replace(", image: photo.png", "")),
        "missing_input",
        "node 'photo' (LoadImage): image is missing; it needs",
    ),
    "unknown output": (
        _text(PAINT.replace("photo.image", "photo.imag")),
        "unknown_output",
        "output 'image' links to output 'imag' of 'photo' (LoadImage); it has image, mask.",
    ),
    "link to nowhere": (
        _text(PAINT.replace("${photo", "${foto")),
        "unknown_link",
        "links to 'foto', but there is no such node. Did you mean 'photo'?",
    ),
    "undeclared input": (
        _text(PAINT.replace("photo.png", '"${inputs.x}"')),
        "unknown_reference",
        "refers to the recipe's input 'x', which is not declared. Declare it under inputs.",
    ),
    "wrong type": (
        _text(PAINT.replace("photo.png", "5")),
        "wrong_type",
        "image is 5; allowed is text. Quote it.",
    ),
    "wrong choice": (
        _text(PAINT.replace("photo.png", "photo.png, alpha: keeep")),
        "not_a_choice",
        "alpha is 'keeep'; allowed are mask, keep. Did you mean 'keep'?",
    ),
    "wrong link": (
        _text(PAINT.replace("}}", '}, i: {node: InvertMask, mask: "${photo.image}"}}')),
        "type_mismatch",
        "mask takes a mask, but 'photo.image' (LoadImage) is an image. Put Image",
    ),
    "out of range": (
        _text(
            PAINT.replace("}}", '}, t: {node: ThresholdMask, mask: "${photo.mask}", value: 1.5}}')
        ),
        "out_of_range",
        "node 't' (ThresholdMask): value is 1.5; allowed is 0 to 1.",
    ),
    "cycle": (
        _text(
            "nodes:\n"
            '  a: {node: InvertMask, mask: "${b.mask}"}\n'
            '  b: {node: InvertMask, mask: "${a.mask}"}\n'
            'outputs: {mask: "${b.mask}"}\n'
        ),
        "cycle",
        "the graph has a cycle: a -> b -> a",
    ),
    "wrong default": (
        _text("inputs: {n: {type: int, default: x}}\n" + PAINT),
        "wrong_type",
        "input 'n': the default of n is 'x'",
    ),
    "unknown type of an input": (
        _text("inputs: {n: {type: imagge}}\n" + PAINT),
        "unknown_type",
        "Did you mean 'image'?",
    ),
}


@pytest.mark.parametrize("fault", GRAPHS)
def test_a_bad_graph_is_refused_by_validate_and_run(
    paintgraph: Paintgraph, folder: Path, photo: Path, fault: str
) -> None:
    content, code, message = GRAPHS[fault]
    (folder / "graph.yaml").write_bytes(content())

    validated = paintgraph("validate", "graph.yaml", "--json")
    ran = paintgraph("run", "graph.yaml", "-o", "out.png")

    [told] = [p for p in validated.json["problems"] if p["code"] == code]
    assert (validated.code, ran.code) == (1, 1)
    assert message in told["message"]
    assert f"{told['message']} [{code}]" in ran.stderr
    assert told["message"].endswith((".", "?"))
    assert sorted(path.name for path in folder.iterdir()) == ["graph.yaml", photo.name]


PICTURES: Mapping[str, tuple[Maker, str, str]] = {
    "text": (_text("hello"), "not_a_picture", "is no picture that is known here"),
    "HTML": (_text("<!doctype html><html>"), "not_a_picture", "is an HTML page"),
    "SVG": (
        _text('<svg xmlns="http://www.w3.org/2000/svg"/>'),
        "unsupported_picture",
        "is an SVG drawing",
    ),
    "PDF": (_text("%PDF-1.7\n"), "not_a_picture", "is a PDF document"),
    "animated GIF": (lambda: _saved("GIF", frames=2), "animated_picture", "has 2 frames"),
    "animated WebP": (
        lambda: _saved("WEBP", frames=2, lossless=True),
        "animated_picture",
        "has 2 frames or pages; allowed is one.",
    ),
    "animated PNG": (lambda: _saved("PNG", frames=2), "animated_picture", "has 2 frames"),
    "pages": (lambda: _saved("TIFF", frames=3), "animated_picture", "has 3 frames or pages"),
    "empty file": (_text(""), "not_a_picture", "the file is empty (0 bytes)"),
    "cut PNG": (lambda: png(samples())[:200], "truncated_picture", "cut off or damaged"),
    "cut JPEG": (lambda: _saved("JPEG")[:-200], "truncated_picture", "cut off or damaged"),
    "bomb": (_bomb, "too_many_pixels", "is 60000x60000 (height x width), 3600000000 pixels"),
}


@pytest.mark.parametrize("fault", PICTURES)
def test_what_is_no_picture_is_refused(paintgraph: Paintgraph, folder: Path, fault: str) -> None:
    content, code, message = PICTURES[fault]
    (folder / "photo.png").write_bytes(content())

    answer = paintgraph("run", "outpaint", "--image", "photo.png", "-o", "out.png")

    assert answer.code == 1
    assert "node 'photo' (LoadImage): " in answer.stderr
    assert message in answer.stderr
    assert f"[{code}]\n" in answer.stderr
    assert [path.name for path in folder.iterdir()] == ["photo.png"]


# Words of the command -> exit code, code, part of the message.
INPAINT = "inpaint --image photo.png --mask mask.png --engine telea -o out.png "
OUTPAINT = "outpaint --image photo.png --engine telea "
ERASE = "erase_object --image photo.png -o out.png "
COMMANDS: list[tuple[str, int, str, str]] = [
    ("outpant --image photo.png", 2, "no_such_graph", "Did you mean 'outpaint'?"),
    ("zzz", 2, "no_such_graph", "there is no file or recipe 'zzz'. 'paintgraph recipes' lists"),
    ("./no.yaml", 2, "no_such_graph", "there is no file './no.yaml'. Check the spelling"),
    (".", 2, "no_such_graph", "'.' is a folder; a file is needed."),
    ("photo.png", 1, "no_graph", "photo.png: this picture carries no graph; allowed are"),
    ("--image photo.png outpaint", 2, "no_such_graph", "Write the recipe first"),
    ("outpaint", 2, "missing_input", "--image is missing; the recipe needs it."),
    ("outpaint --image", 2, "no_value", "--image has no value."),
    ("outpaint --image=", 2, "wrong_type", "--image is ''; allowed is a picture's file"),
    ("outpaint --image no.png", 2, "unreadable_file", "--image: there is no file 'no.png'."),
    ("outpaint --image .", 2, "no_output", "the results of many pictures need a place."),
    ("outpaint --offline --image http://x.test/a.png", 2, "offline", "Download the picture first."),
    ("outpaint --image sha256:../../../photo.png", 1, "unknown_picture", "there is no picture"),
    ("outpaint --image data:image/png,x", 1, "bad_data_url", "is no data URL with base64"),
    ("outpaint --image data:image/png;base64,x", 1, "bad_data_url", "is damaged"),
    (OUTPAINT + "--imag photo.png", 2, "unknown_option", "Did you mean '--image'?"),
    (OUTPAINT + "--image photo.png", 2, "given_twice", "--image is given twice"),
    (OUTPAINT + "--fraction nan", 2, "wrong_type", "--fraction is 'nan'; allowed is a number."),
    (OUTPAINT + "--fraction 0", 2, "out_of_range", "--fraction is 0.0; allowed is 0.001 to 8."),
    (OUTPAINT + "--left -1", 2, "out_of_range", "--left is -1; allowed is 0 to 16384 px."),
    (OUTPAINT + "--left 99999999999999999999", 2, "wrong_type", "beyond 64 bits"),
    (OUTPAINT + "--sides up", 2, "not_a_choice", "allowed are left, top, right, bottom."),
    (OUTPAINT + "stray", 2, "stray_argument", "'stray' belongs to no option."),
    (INPAINT + "--engine lama", 2, "given_twice", "--engine is given twice"),
    (ERASE, 2, "missing_input", "--box is missing; the recipe needs it. Write --box LEFT,TOP"),
    (ERASE + "--box 1,2,3", 2, "wrong_length", "box has 3 numbers; allowed are 4"),
    (ERASE + "--box 8,8,2,2", 1, "bad_box", "left must be below right, top below bottom."),
    (ERASE + "--box 90,90,99,99", 1, "bad_box", "picture of 12x16 px (height x width)"),
    (ERASE + "--box 1,2,3,x", 2, "wrong_type", "an entry of --box is 'x'"),
    (OUTPAINT + "-o out.gif", 2, "unknown_suffix", "the suffix is '.gif'; allowed are .png"),
    (OUTPAINT + "-o out", 2, "unknown_suffix", "-o out: there is no suffix; allowed are .png"),
    (OUTPAINT + "-o photo.png/out.png", 2, "no_such_folder", "there is no folder 'photo.png'."),
    (OUTPAINT + "-o imag=out.png", 2, "unknown_result", "Did you mean 'image'? A file of this"),
    (OUTPAINT + "-o maks=a.png", 2, "unknown_result", "is written -o ./maks=a.png."),
    (OUTPAINT + "-o a=b", 2, "unknown_suffix", "-o a=b: there is no suffix"),
    (OUTPAINT + "-o a.png -o b.png", 2, "given_twice", "'image' already goes to 'a.png'"),
    (OUTPAINT + "-o a.png -o mask=./a.png", 2, "given_twice", "already goes to './a.png'"),
    (OUTPAINT + "-o - -o mask=-", 2, "given_twice", "another picture already goes to '-'"),
    (OUTPAINT + "-o - --json", 2, "stdout_twice", "--json and -o - both want standard output."),
    ("- --image -", 2, "stdin_twice", "but the recipe and --image want it."),
    ("inpaint --image - --mask -", 2, "stdin_twice", "but --image and --mask want it."),
]


@pytest.mark.parametrize(("words", "exit_code", "code", "message"), COMMANDS)
def test_a_misused_command_says_what_is_wrong(  # noqa: PLR0913 - a row of the table
    paintgraph: Paintgraph,
    folder: Path,
    photo: Path,
    mask: Path,
    words: str,
    exit_code: int,
    code: str,
    message: str,
) -> None:
    stdin = PAINT.replace("nodes", "inputs: {image: {type: image}}\nnodes", 1).encode()

    answer = paintgraph("run", *words.split(), stdin=stdin)

    assert answer.code == exit_code, answer.stderr
    assert message in answer.stderr
    assert f"[{code}]\n" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert sorted(path.name for path in folder.iterdir()) == sorted([mask.name, photo.name])


def test_a_mask_of_another_size_is_told_which_is_which_and_what_helps(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "mask.png").write_bytes(png(np.zeros((6, WIDTH), np.uint8)))

    answer = paintgraph("run", "inpaint", "--image", str(photo), "--mask", "mask.png")

    assert answer.code == 1
    assert (
        "node 'filled' (InpaintSampler): image is 12x16 but mask is 6x16 (height x width); both "
        "must have the same size. Scale mask to the size of image with ScaleMask, or crop both to "
        "one box. "
        "[size_mismatch]\n"
    ) in answer.stderr


def test_a_full_mask_leaves_nothing_to_copy_from(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "mask.png").write_bytes(png(np.full((HEIGHT, WIDTH), 255, np.uint8)))

    answer = paintgraph("run", "inpaint", "--image", str(photo), "--mask", "mask.png")

    assert answer.code == 1
    assert "the mask selects the whole picture" in answer.stderr
    assert "[full_mask]" in answer.stderr


def test_transparency_does_not_fit_into_a_jpeg_and_an_old_file_stays(
    paintgraph: Paintgraph, folder: Path
) -> None:
    opaque = np.full((HEIGHT, WIDTH, 1), 128, np.uint8)
    (folder / "rgba.png").write_bytes(png(np.concatenate([samples(), opaque], axis=2)))
    (folder / "out.jpg").write_bytes(b"old")

    answer = paintgraph("run", "outpaint", "--image", "rgba.png", "-o", "out.jpg")

    assert answer.code == 1
    assert "-o out.jpg: the picture is transparent in parts, which JPEG cannot" in answer.stderr
    assert (folder / "out.jpg").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.png", "outside_input_folder"),
        ("{folder}/../secret.png", "outside_input_folder"),
        ("link.png", "outside_input_folder"),
        ("a/../../secret.png", "outside_input_folder"),
        ("no.png", "no_such_file"),
        ("http://x.test/a.png", "address_refused"),
        ("", "bad_reference"),
        ("sha256:" + "0" * 64, "unknown_picture"),
        ("sha256:../../secret.png", "unknown_picture"),
    ],
)
def test_a_graph_reads_pictures_of_the_input_folder_only(
    paintgraph: Paintgraph, folder: Path, name: str, code: str
) -> None:
    (folder / "../secret.png").write_bytes(png(samples()))
    (folder / "link.png").symlink_to("../secret.png")
    (folder / "graph.yaml").write_text(
        PAINT.replace("photo.png", f'"{name.format(folder=folder)}"')
    )

    answer = paintgraph("run", "graph.yaml", "-o", "out.png")

    assert answer.code == 1
    assert f"[{code}]\n" in answer.stderr
    assert not (folder / "out.png").exists()


@pytest.mark.parametrize("prefix", ["../out", "/out", "a/../../out", "", "a/", "x" * 300])
def test_save_nodes_write_into_the_output_folder_only(
    paintgraph: Paintgraph, photo: Path, folder: Path, prefix: str
) -> None:
    saving = f's: {{node: SaveImage, images: "${{photo.image}}", filename_prefix: "{prefix}"}}'
    (folder / "graph.yaml").write_text(PAINT.replace("}}", f"}}, {saving}}}"))

    answer = paintgraph("run", "graph.yaml", "--output-dir", "out", "-o", "image=x.png")

    assert answer.code == 1, photo
    assert "[bad_file_name]\n" in answer.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["graph.yaml", "photo.png"]


def test_ten_faults_are_told_at_once_each_with_its_place(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "graph.yaml").write_text(
        "nodes:\n"
        "  a: {node: LoadImag, image: x.png}\n"
        '  b: {node: SaveImage, image: "${a.image}", images: "${c.image}"}\n'
        '  c: {node: InvertMask, mask: "${d.mask}"}\n'
        '  d: {node: InvertMask, mask: "${c.maks}"}\n'
        '  e: {node: ThresholdMask, value: 7, mask: "${l.image}"}\n'
        "  l: {node: LoadImage, image: 5, alpha: kep}\n"
        'outputs: {x: "${q.y}", z: 5}\n'
        "inptus: {}\n"
    )

    answer = paintgraph("validate", "graph.yaml")

    told = [line.split(":", 3)[1:3] for line in answer.text.splitlines() if "warning" not in line]
    assert answer.code == 1
    assert answer.text.endswith("graph.yaml: 12 problems\n")
    assert told[:-1] == [
        *(["2", "6"], ["3", "31"], ["3", "53"], ["4", "6"], ["5", "31"], ["6", "35"]),
        *(["6", "44"], ["7", "31"], ["7", "41"], ["8", "14"], ["8", "27"], ["9", "9"]),
    ]
