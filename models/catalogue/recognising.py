"""What stands in a file that should be a model: a web page, a pointer of Git, nothing."""

from pathlib import Path

HEAD_BYTES = 512
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<?xml")
_POINTER = b"version https://git-lfs"


def oddity(head: bytes) -> str | None:
    """What a file is that begins like this, if it can be no model; else None."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "it is empty"
    if start.startswith(_PAGES):
        return "it is a web page (HTML), not a model"
    if start.startswith(_POINTER):
        return "it is a pointer of Git LFS, not the model itself"
    return None


def oddity_of(path: Path) -> str | None:
    """What a file is, if it can be no model; raises OSError."""
    with path.open("rb") as file:
        return oddity(file.read(HEAD_BYTES))
