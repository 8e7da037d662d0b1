"""Connected components of masks and volumes."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.masks import IMAGE_OR_VOLUME, MaskLike, read_masks

Connectivity = Literal[4, 8, 6, 26]
CONNECTIVITIES: dict[int, tuple[Connectivity, Connectivity]] = {2: (8, 4), 3: (26, 6)}
"""The wide and the narrow connectivity of images (2 axes) and volumes (3): neighbours share a corner, or a side.

If the structure has the one, its background has the other.
"""


def label_components(mask: MaskLike, connectivity: Connectivity) -> tuple[NDArray[np.unsignedinteger], int]:
    """Label the components of a mask by 1..N, and 0 elsewhere; also returns N.

    Args:
        mask: H W or D H W.
        connectivity: 8 or 4 in an image, 26 or 6 in a volume.

    Raises:
        ValueError: The connectivity does not suit the number of axes, or ``mask`` is no mask.
    """
    import cc3d

    (mask,) = read_masks(IMAGE_OR_VOLUME, mask=mask)
    check_connectivity(connectivity, mask.ndim)
    plain = np.require(mask, requirements=["C", "W"])  # cc3d takes no read-only array
    # as uint8: cc3d 4.1.1 gives wrong labels (not wrong counts) for some boolean masks with 8-connectivity
    labels, number = cc3d.connected_components(plain.view(np.uint8), connectivity=connectivity, return_N=True)
    return labels.reshape(mask.shape), number  # cc3d 3.20 forgets the axes of an array without a pixel


def check_connectivity(connectivity: int, ndim: int) -> None:
    """Refuse a connectivity that arrays of ``ndim`` axes do not have."""
    wide, narrow = CONNECTIVITIES[ndim]
    if connectivity not in (wide, narrow):
        kind = "" if ndim == 2 else " in a volume"
        raise Mistake(f"connectivity: expected {wide} or {narrow}{kind}, got {connectivity}; use {wide}.")
