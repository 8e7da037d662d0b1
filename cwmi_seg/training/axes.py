"""What images and volumes ask of a loss: that it is defined for their axes, and that it knows their spacing."""

from torch import nn

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.mistakes import Mistake

_KINDS = {2: "images", 3: "volumes"}


def fit_loss(loss: nn.Module, info: DatasetInfo, *, slices: bool = False) -> None:
    """Tell a loss, and the losses in it, how far apart the samples of volumes are.

    Those are told that have an attribute ``spacing`` which is None, so that a value in the config stands.

    Args:
        loss: of the run.
        info: The dataset.
        slices: Whether the training is on the slices of the volumes, which are images.

    Raises:
        ValueError: the loss is not defined for masks of so many axes.
    """
    axes = 2 if slices else info.dimensions
    if axes not in getattr(loss, "dimensions", (2, 3)):
        name, other = type(loss).__name__, _KINDS[5 - axes]
        raise Mistake(
            f"loss: expected one for {_KINDS[axes]}, got {name}, which is defined for {other} alone; choose for "
            f"example loss=cwmi{', or train on slices with dataset.slices=true' if axes == 3 else ''}."
        )
    if info.dimensions == 2 or info.spacing is None:
        return
    for part in loss.modules():
        if getattr(part, "spacing", ()) is None:
            part.spacing = tuple(map(float, info.spacing[-axes:]))  # type: ignore[assignment]
