"""Equal pictures have one digest, different ones never."""

import hashlib

import numpy as np
import pytest
from hypothesis import assume, given

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.samples import pixel_digest
from paintgraph.tests.strategies import images

IMAGE = np.zeros((1, 2, 3, 3), np.float32)


@pytest.mark.parametrize("name", ["PNG", "TIFF", "WEBP"])
@given(image=images(batch=1))
def test_the_file_format_does_not_count(name: Format, image: Image) -> None:
    # WebP keeps no alpha that is opaque everywhere.
    assume(name != "WEBP" or image.shape[3] == 3 or not (image[..., 3] == 1).all())

    picture = decode(encode(image, format=name))

    assert pixel_digest(picture.image, picture.depth, None) == pixel_digest(image, 8, None)


def test_the_digest_is_made_of_shape_depth_samples_and_profile() -> None:
    image = np.full((1, 1, 1, 3), 1 / 65535, np.float32)
    expected = hashlib.sha256(b"1x1x1x3 16 " + b"\1\0" * 3 + b"icc" + b"profile").hexdigest()

    assert pixel_digest(image, 16, b"profile") == expected


def test_shape_depth_samples_and_profile_each_change_the_digest() -> None:
    digests = {
        pixel_digest(IMAGE, 8, None),
        pixel_digest(IMAGE, 16, None),
        pixel_digest(IMAGE, 8, b"profile"),
        pixel_digest(IMAGE.reshape(1, 3, 2, 3), 8, None),
        pixel_digest(IMAGE + np.float32(1 / 255), 8, None),
    }

    assert len(digests) == 5


def test_a_picture_without_batch_axis_is_a_batch_of_one() -> None:
    assert pixel_digest(IMAGE[0], 8, None) == pixel_digest(IMAGE, 8, None)
