"""Predictions with their topologically critical errors put right, for the boundary rectified term of Skea-topo."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def rectified_masks(prediction: Tensor, target: Tensor, background_lines: Tensor, lines: Tensor) -> Tensor:
    """The target where an error of the prediction is critical, the prediction elsewhere; bool B H W.

    A missed component (4-connected) is critical if the skeleton of a predicted object, dilated by 3x3, crosses it, for
    it joins what should be separate, or if it holds target skeleton outside the prediction dilated by 3x3. A false
    component is critical if it holds predicted skeleton, and a false pixel if it lies on the background skeleton of
    the target; both only outside the target dilated by 3x3.

    Args:
        prediction, target: bool B H W, the structure.
        background_lines: bool B H W, skeletons of the objects of the target, dilated by 3x3.
        lines: bool B H W, skeleton of the target.
    """
    masks = torch.stack([prediction, target, background_lines, lines]).cpu().numpy()
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:  # thinning holds no interpreter lock
        rectified = [torch.from_numpy(image) for image in pool.map(_rectified, *masks)]
    return torch.stack(rectified).to(prediction.device)


def _rectified(prediction: "Mask", target: "Mask", background_lines: "Mask", lines: "Mask") -> "Mask":
    import numpy as np

    from cwmi_seg.topology.skeletons import dilated

    critical = _critical_missed(target & ~prediction, prediction, lines)
    critical |= _critical_false(prediction & ~target, prediction, ~dilated(target), background_lines)
    return np.where(critical, target, prediction)


def _critical_missed(missed: "Mask", prediction: "Mask", lines: "Mask") -> "Mask":
    import numpy as np

    from cwmi_seg.topology.components import label_components
    from cwmi_seg.topology.skeletons import dilated, object_skeletons

    if not missed.any():
        return missed
    labels = label_components(~prediction, 4)[0]
    wanted = np.zeros(int(labels.max()) + 1, bool)
    wanted[labels[dilated(missed)]] = True  # the skeletons of other objects are nowhere near
    crossing = dilated(object_skeletons(labels, wanted))
    return _components_with(missed, crossing | (lines & ~dilated(prediction)))


def _critical_false(false: "Mask", prediction: "Mask", away: "Mask", background_lines: "Mask") -> "Mask":
    """``away`` is where the target, dilated by 3x3, is not."""
    from cwmi_seg.topology.skeletons import skeleton

    if not (false & away).any():
        return false & away
    return away & ((false & background_lines) | _components_with(false, skeleton(prediction) & away))


def _components_with(mask: "Mask", marks: "Mask") -> "Mask":
    """The 4-connected components of ``mask`` that hold a pixel of ``marks``."""
    import numpy as np

    from cwmi_seg.topology.components import label_components

    labels, count = label_components(mask, 4)
    marked = np.zeros(count + 1, bool)
    marked[labels[marks]] = True
    marked[0] = False
    return marked[labels]
