"""Distance transforms of batches of masks, on the CPU."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def distance_inside(masks: Tensor) -> Tensor:
    """The Euclidean distance of each pixel of a mask to the nearest pixel outside of it, in pixels; 0 outside.

    A mask that fills its image has no outside, and gets 1 everywhere.

    Args:
        masks: bool n *space.

    Returns:
        float64 n *space, without gradient, on the device of ``masks``.
    """
    arrays = masks.detach().cpu().numpy()
    with ThreadPoolExecutor(max(1, torch.get_num_threads())) as pool:  # the transform holds no interpreter lock
        found = [torch.from_numpy(distances) for distances in pool.map(_inside, arrays)]
    return torch.stack(found).to(masks.device)


def _inside(mask: "NDArray[np.bool_]") -> "NDArray[np.float64]":
    import numpy as np
    from scipy.ndimage import distance_transform_edt

    return np.ones(mask.shape) if mask.all() else distance_transform_edt(mask)
