"""HEVC streams of HEIC files (ISO/IEC 14496-15, ITU-T H.265): sizes, read without a decoder."""

from collections.abc import Iterator

from paintgraph.imaging.files.formats.parts import damaged, unpack, unsupported

LARGEST_BLOCK = 64
"""Px of the sides of blocks, to whole ones of which a stream may be larger than its picture."""

_PARAMETERS = range(32, 35)  # kinds of units: of the video, of the sequence, of a picture
_SEQUENCE = 33
_PROFILE_BITS = 96  # general_profile_space to general_level_idc (7.3.3)
_FIRST_ARRAY = 22
_MOST_UNITS = 10_000


def samples(record: bytes) -> tuple[int, bool]:
    """Bits of a sample, and whether there is only grey, by the configuration of the decoder."""
    chroma, luma = unpack(">BB", record, 16)
    return (luma & 7) + 8, chroma & 3 == 0


def sizes(record: bytes, stream: bytes) -> list[tuple[int, int]]:
    """Widths and heights in px that a stream may have.

    Args:
        record: the configuration of the decoder (`hvcC`), which holds them.
        stream: the coded picture, which may not hold others (14496-15, 8.3.3.1.2).

    Raises:
        PictureError: they are damaged, or of a kind that still pictures do not have.
    """
    length = (unpack(">B", record, 21)[0] & 3) + 1
    if any(unit[0] >> 1 & 63 in _PARAMETERS for unit in _units(stream, length)):
        raise unsupported("a HEIC picture whose size may change within it")
    return [_size(unit) for unit in _records(record) if unit[0] >> 1 & 63 == _SEQUENCE]


def _units(stream: bytes, length: int) -> Iterator[bytes]:
    """The units of a stream; each is led by its length in so many bytes."""
    at = 0
    for _ in range(_MOST_UNITS):
        if at + length >= len(stream):
            return
        size = int.from_bytes(stream[at : at + length], "big")
        if not size or at + length + size > len(stream):
            raise damaged("a unit of its stream is longer than that")
        yield stream[at + length : at + length + 2]
        at += length + size
    raise damaged(f"its stream has more than {_MOST_UNITS} units")


def _records(record: bytes) -> Iterator[bytes]:
    """The units that the configuration holds."""
    (arrays,) = unpack(">B", record, _FIRST_ARRAY)
    at = _FIRST_ARRAY + 1
    for _ in range(arrays):
        (count,) = unpack(">H", record, at + 1)
        at += 3
        for _ in range(count):
            (size,) = unpack(">H", record, at)
            unit = record[at + 2 : at + 2 + size]
            if len(unit) < 2 or len(unit) < size:
                raise damaged("its configuration ends early")
            yield unit
            at += 2 + size


def _size(unit: bytes) -> tuple[int, int]:
    """Width and height of a sequence parameter set (7.3.2.2)."""
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))  # 7.4.2: the 3 is no part of it
    bits.skip(4)
    if bits.number(3):
        raise unsupported("a HEIC picture of several temporal layers")
    bits.skip(1 + _PROFILE_BITS)
    bits.exp_golomb()
    if bits.exp_golomb() == 3:  # chroma_format_idc: 4:4:4 may be in planes of their own
        bits.skip(1)
    return bits.exp_golomb(), bits.exp_golomb()


class _Bits:
    """Reads numbers from bytes, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:64], "big")
        self._left = 8 * len(data[:64])

    def skip(self, count: int) -> None:
        self.number(count)

    def number(self, count: int) -> int:
        """A number of so many bits."""
        if count > self._left:
            raise damaged("its configuration ends early")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """ue(v) of H.265, 9.2."""
        zeros = 0
        while not self.number(1):
            zeros += 1
        return (1 << zeros) - 1 + self.number(zeros)
