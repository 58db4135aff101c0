"""How large the frames of an AV1 stream are, from its sequence headers (AV1 specification, 5.5)."""

from collections.abc import Iterator

from paintgraph.imaging.files.formats.parts import damaged

_SEQUENCE_HEADER = 1


class _Bits:
    """Reads whole numbers of so many bits; past the end is damage."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        if count > self._left:
            raise damaged("the header of its pixels ends early")
        self._left -= count
        return self._number >> self._left & (1 << count) - 1

    def skip_uvlc(self) -> None:
        zeros = 0
        while not self.read(1):
            zeros += 1
        self.read(min(zeros, 32))


def frame_sizes(stream: bytes) -> Iterator[tuple[int, int]]:
    """Largest width and height in px that each sequence header of a stream allows."""
    at = 0
    while at < len(stream):
        head = stream[at]
        at += 2 if head & 4 else 1
        end = len(stream)
        if head & 2:
            length, at = _leb128(stream, at)
            end = at + length
        if end > len(stream):
            raise damaged("its pixels end early")
        if head >> 3 & 15 == _SEQUENCE_HEADER:
            yield _largest_frame(_Bits(stream[at : min(end, at + 256)]))
        at = end


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, low ones first, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise damaged("its pixels end early")


def _largest_frame(bits: _Bits) -> tuple[int, int]:
    """Width and height in px that a sequence header names."""
    bits.read(4)  # profile, still picture
    if bits.read(1):  # a reduced header
        bits.read(5)
    else:
        _skip_timing(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_timing(bits: _Bits) -> None:
    """Read past timing and operating points, which stand before the size."""
    has_model, delay_bits = 0, 0
    if bits.read(1):  # timing
        bits.read(64)
        if bits.read(1):
            bits.skip_uvlc()
        has_model = bits.read(1)
        if has_model:
            delay_bits = bits.read(5) + 1
            bits.read(32 + 5 + 5)
    has_display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)
        if has_model and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if has_display_delay and bits.read(1):
            bits.read(4)
