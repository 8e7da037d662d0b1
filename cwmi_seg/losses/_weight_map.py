"""The one place that reads the weight map of a loss."""

from torch import Tensor

from cwmi_seg.losses._inputs import Inputs, plain
from cwmi_seg.mistakes import Mistake


def read_weight_map(weight_map: Tensor | None, inputs: Inputs, name: str, channels: int) -> Tensor:
    """The map ``name`` in the type of the logits, B M *space.

    Raises:
        ValueError: no map, or one of a wrong shape.
    """
    batch, _, *size = inputs.log_prob.shape
    expected = (batch, channels, *size)
    got = None if weight_map is None else tuple(weight_map.shape)
    if weight_map is None or got != expected:
        raise Mistake(
            f"weight_map: expected shape {expected}, got {got}; "
            f"make it of each whole mask with cwmi_seg.weight_maps.{name}.weight_map."
        )
    return plain(weight_map).to(inputs.log_prob.dtype)
