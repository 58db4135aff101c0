"""How large a picture may become."""

from paintgraph.imaging.errors import ContractError

MOST_PIXELS = 100_000_000


def check_pixels(width: int, height: int, batch: int = 1) -> None:
    """Refuse, by a ContractError, pictures that have more than a hundred million px together."""
    if width * height * batch <= MOST_PIXELS:
        return
    pictures = f"{batch} pictures of " if batch > 1 else ""
    raise ContractError(
        f"the result would be {pictures}{height}x{width} (height x width); allowed are "
        f"{MOST_PIXELS // 10**6} million px in all. Ask for less.",
        code="too_many_pixels",
    )
