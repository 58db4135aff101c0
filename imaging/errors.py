"""What can be wrong with a picture, an array or a mask; every error has a stable code.

A message reads: what is wrong with the value; what is allowed. Cure.
"""


class ImagingError(ValueError):
    """A picture, an array or an option that cannot be worked with."""

    code: str = "imaging"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class PictureError(ImagingError):
    """A file that cannot be read, or a picture that cannot be written, as asked."""

    code = "unsupported_picture"


class ContractError(ImagingError):
    """An array that breaks the data contract."""

    code = "bad_array"


class MaskError(ImagingError):
    """A mask that obeys the data contract but cannot be used as asked."""

    code = "empty_mask"
