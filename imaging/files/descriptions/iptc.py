"""IPTC-IIM records, and the blocks of Photoshop that hold them in JPEG files."""

import struct
from collections.abc import Iterator

PHOTOSHOP = b"Photoshop 3.0\0"
MOST_IN_JPEG = 65_000
_BLOCK, _IPTC = b"8BIM", 1028
_MARK = 0x1C
_MAX_BYTES = 1 << 20
_RIGHTS = (2, 116)
# A preview of the picture, and the picture itself.
_PREVIEWS = frozenset({(2, 200), (2, 201), (2, 202)})
_OBJECT_RECORDS = frozenset({7, 8, 9})


def of_photoshop(blocks: bytes) -> bytes | None:
    """The records among Photoshop's blocks, or None."""
    at = 0
    while blocks.startswith(_BLOCK, at) and at + 7 <= len(blocks):
        number = int.from_bytes(blocks[at + 4 : at + 6], "big")
        name_end = at + 7 + blocks[at + 6]
        at = name_end + (name_end - at) % 2
        size = int.from_bytes(blocks[at : at + 4], "big")
        if number == _IPTC:
            return blocks[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return None


def photoshop_block(records: bytes) -> bytes:
    """Photoshop's block of these records."""
    head = struct.pack(">4sHHI", _BLOCK, _IPTC, 0, len(records))
    return head + records + bytes(len(records) % 2)


def cleaned(records: bytes) -> bytes | None:
    """The records that can be read, less previews; None if there are none."""
    kept = [
        whole
        for name, _, whole in _datasets(records)
        if name not in _PREVIEWS and name[0] not in _OBJECT_RECORDS
    ]
    return b"".join(kept) or None


def rights(records: bytes) -> str:
    """Who holds the rights, or nothing."""
    found = (value for name, value, _ in _datasets(records) if name == _RIGHTS)
    value = next(found, b"")
    try:
        return value.decode().strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _datasets(records: bytes) -> Iterator[tuple[tuple[int, int], bytes, bytes]]:
    """Record and number, value, and the whole of each dataset, up to one that is damaged."""
    at = 0
    records = records[:_MAX_BYTES]
    while at + 5 <= len(records) and records[at] == _MARK:
        record, number, size = struct.unpack_from(">BBH", records, at + 1)
        end = at + 5 + size
        if end > len(records) or size > 0x7FFF:
            return
        yield (record, number), records[at + 5 : end], records[at:end]
        at = end
