"""Texts that say how a picture was made, in finished files."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from paintgraph.base.pictures import texts_of
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.made import with_made
from paintgraph.imaging.files.metadata import MADE
from paintgraph.tests.private_photo import private_photo

texts = st.dictionaries(
    st.sampled_from(sorted(MADE)),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40).map(
        lambda text: f'{{"text": "{text}"}}'
    ),
    max_size=4,
)


def picture(channels: int = 3) -> bytes:
    samples = np.linspace(0, 1, 5 * 7 * channels, dtype=np.float32).reshape(1, 5, 7, channels)
    return encode(samples, format="WEBP")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@given(first=texts, second=texts)
def test_texts_survive_and_those_of_the_same_key_are_replaced(
    kind: str, first: dict[str, str], second: dict[str, str]
) -> None:
    data = encode(np.zeros((1, 3, 4, 3), np.float32), format=kind)  # type: ignore[arg-type]

    made = with_made(with_made(data, first), second)

    assert texts_of(BytesIO(made), MADE) == {**first, **second}


@pytest.mark.parametrize("data", [picture(3), picture(4), private_photo("WEBP")])
def test_a_webp_file_keeps_its_pixels_and_what_it_says(data: bytes) -> None:
    before, after = decode(data), decode(with_made(data, {"paintgraph": "{}"}))

    assert np.array_equal(before.image, after.image)
    assert before.metadata == after.metadata


def test_other_programs_open_a_webp_file_with_such_texts() -> None:
    data = with_made(private_photo("WEBP"), {"prompt": "{}", "workflow": '{"nodes": []}'})

    with Image.open(BytesIO(data)) as opened:
        opened.load()
        found = [value for value in opened.getexif().values() if isinstance(value, str)]
    assert {"prompt:{}", 'workflow:{"nodes": []}'} <= set(found)


def test_what_made_an_input_is_not_passed_on() -> None:
    data = with_made(private_photo("WEBP"), {"paintgraph": '{"nodes": {}}'})

    assert b"nodes" not in decode(data).metadata.get("exif", b"")


def test_formats_without_room_stay_as_they_are() -> None:
    data = private_photo("JPEG")

    assert with_made(data, {"paintgraph": "{}"}) is data
