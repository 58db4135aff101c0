"""The alpha channel of WebP files, which encoders drop where all of a picture is opaque."""

from paintgraph.imaging.files.parts import riff_chunks, riff_file

_ALPHA = 0x10  # flag of VP8X, and the bit of a VP8L header in its fifth byte
# An alpha plane that is 255 everywhere, packed losslessly: one symbol, no bit for each px. By the
# WebP container's and the lossless format's specification (RFC 9649, 2.7.1.2 and 3).
_OPAQUE_PLANE = bytes.fromhex("01e87f4404")


def with_opaque_alpha(data: bytes, width: int, height: int) -> bytes:
    """The WebP file of a picture that has alpha, whose decoders give four channels.

    Args:
        data: a file of one frame as libwebp writes it; one that has alpha comes back as it is.
        width: px of the picture.
        height: px of the picture.
    """
    parts = [(name, data[start:end]) for name, start, end in riff_chunks(data)]
    names = {name for name, _ in parts}
    if b"ALPH" in names:
        return data
    if b"VP8L" in names:
        return riff_file([(name, _flagged(name, content)) for name, content in parts])
    if b"VP8X" not in names:
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        parts.insert(0, (b"VP8X", bytes(4) + size))
    opaque: list[tuple[bytes, bytes]] = []
    for name, content in parts:
        if name == b"VP8 ":
            opaque.append((b"ALPH", _OPAQUE_PLANE))
        opaque.append((name, _flagged(name, content)))
    return riff_file(opaque)


def _flagged(name: bytes, content: bytes) -> bytes:
    """The content of a chunk, marked as having alpha if it is a head."""
    at = {b"VP8X": 0, b"VP8L": 4}.get(name)
    if at is None:
        return content
    return content[:at] + bytes([content[at] | _ALPHA]) + content[at + 1 :]
