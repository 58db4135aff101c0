"""Blocks that older programs write into PNG's texts, in hexadecimal digits.

PNG has a chunk for EXIF since 2017 only. ImageMagick, ExifTool and others wrote it into a text
before, and many such files are about; some viewers turn pictures by it.
"""

import binascii


def unhex(text: bytes) -> bytes | None:
    r"""The bytes of a text that has the kind, the number of bytes and the digits, a line each.

    >>> unhex(b"\nexif\n       3\n4d4d\n00\n")
    b'MM\x00'
    """
    try:
        _, size, digits = text.strip().split(b"\n", 2)
        block = binascii.unhexlify(b"".join(digits.split()))
        return block if len(block) == int(size) else None
    except ValueError:
        return None
