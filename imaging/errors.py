"""What can be wrong with a picture, an array or a mask; every error has a stable code.

A message reads: what is wrong with the value; what is allowed. Cure.
"""

from paintgraph.base.errors import Error


class ImagingError(Error, ValueError):
    """A picture, an array or an option that cannot be worked with."""

    code = "imaging"


class PictureError(ImagingError):
    """A file that cannot be read, or a picture that cannot be written, as asked."""

    code = "unsupported_picture"


class ContractError(ImagingError):
    """An array that breaks the data contract."""

    code = "bad_array"


class MaskError(ImagingError):
    """A mask that obeys the data contract but cannot be used as asked."""

    code = "empty_mask"
