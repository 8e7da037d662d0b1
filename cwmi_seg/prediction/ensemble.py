"""The mean probability of several networks and of mirrored images."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.losses import class_logits
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.pixel_model import PixelModel


class Ensemble:
    """Callable that turns pixels B I *space on the CPU into probabilities B C *space on the CPU.

    Args:
        models: Networks for the same kind of image and the same classes.
        device: Device on which they compute.
        flips: Whether to average over the mirrored images as well: along each axis and all together, four images,
            of volumes eight.

    Raises:
        ValueError: The networks expect different images, or have different classes.
    """

    def __init__(self, models: Sequence[PixelModel], device: torch.device, *, flips: bool = False) -> None:
        kinds = sorted({(m.info.channels, m.info.dtype, m.info.num_classes, m.info.dimensions) for m in models})
        if len(kinds) != 1:
            shown = ", ".join(
                f"{channels} x {dtype} to {classes} classes{' of volumes' if dimensions == 3 else ''}"
                for channels, dtype, classes, dimensions in kinds
            )
            raise Mistake(f"run: expected networks of one kind, got {shown}; predict with them one by one.")
        self.models = [model.to(device) for model in models]
        self.device, self.flips = device, _mirrored(self.info.dimensions) if flips else [()]

    @property
    def info(self) -> DatasetInfo:
        """The dataset that the networks were trained on; mean and std are those of the first network."""
        return self.models[0].info

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> Tensor:
        pixels = pixels.to(self.device).float()
        mean = torch.zeros(())
        for axes in self.flips:
            for model in self.models:
                probability = class_logits(model(pixels.flip(axes))).float().softmax(1).flip(axes)
                mean = mean + probability.cpu()  # strips are put together there; the device holds one batch
        return mean / (len(self.flips) * len(self.models))


def _mirrored(dimensions: int) -> list[tuple[int, ...]]:
    """The axes to flip for each mirror image, none for the first."""
    axes = range(-1, -dimensions - 1, -1)
    return [chosen for number in range(dimensions + 1) for chosen in combinations(axes, number)]


def choose_device(accelerator: str) -> torch.device:
    """The device for "cpu", "gpu" or "auto" (a GPU if there is one).

    Raises:
        ValueError: another name, or no GPU here.
    """
    if accelerator not in ("auto", "cpu", "gpu"):
        raise Mistake(f"accelerator: expected auto, cpu or gpu, got {accelerator}; choose one.")
    # not current_accelerator(check_available=True), which torch 2.6 has not
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if accelerator == "gpu" and found is None:
        raise Mistake("accelerator: expected a GPU, found none; use accelerator=cpu.")
    return torch.device("cpu") if accelerator == "cpu" or found is None else found
