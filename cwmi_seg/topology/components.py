"""Connected components of a mask."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.topology.masks import MaskLike, read_masks


def label_components(mask: MaskLike, connectivity: Literal[4, 8]) -> tuple[NDArray[np.unsignedinteger], int]:
    """Labels 1..N of the components of a mask H W, 0 elsewhere, and N; ``connectivity`` 4 or 8."""
    (mask,) = read_masks(mask=mask)
    plain = np.require(mask, requirements=["C", "W"])  # cc3d takes no read-only array
    # as uint8: cc3d 4.1.1 gives wrong labels (not wrong counts) for some boolean masks with 8-connectivity
    import cc3d

    return cc3d.connected_components(plain.view(np.uint8), connectivity=connectivity, return_N=True)
