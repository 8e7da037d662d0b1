"""What images and volumes ask of losses and metrics: that they are defined for their axes, and know their spacing."""

from collections.abc import Iterable, Sequence

from torch import nn

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.mistakes import Mistake

_KINDS = {2: "images", 3: "volumes"}


def fit_loss(loss: nn.Module, info: DatasetInfo, *, slices: bool = False) -> None:
    """Tell a loss, and the losses in it, how far apart the samples of volumes are, as :func:`tell_spacing` does.

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
    spacing = spacing_of(info)
    tell_spacing(asking(loss.modules()), None if spacing is None else spacing[-axes:])


def spacing_of(info: DatasetInfo) -> tuple[float, ...] | None:
    """Distance of neighbouring voxels along depth, height and width; None where it is not known, and for images."""
    return None if info.dimensions == 2 or info.spacing is None else tuple(map(float, info.spacing))


def asking(parts: Iterable[object]) -> list[object]:
    """Those that ask for the spacing: they have an attribute ``spacing``, which is None. A value in a config stands."""
    return [part for part in parts if getattr(part, "spacing", ()) is None]


def tell_spacing(parts: Iterable[object], spacing: Sequence[float] | None) -> None:
    """Set the attribute ``spacing`` of losses or metrics that are :func:`asking` for it; None: not known, 1."""
    for part in parts:
        part.spacing = None if spacing is None else tuple(spacing)  # type: ignore[attr-defined]
