"""Draw docs/figures/pyramid.png: the filters of the complex steerable pyramid and the subbands of one synthetic image.

    python -m scripts.plot_pyramid

First row: frequency responses of scale 1, zero frequency in the middle, and on the left one filter of each scale.
Then the subbands of a mask of vessels at scales 1 to 3: colour is the phase, brightness the root of the magnitude.
Prints the path and size of the file.
"""

from pathlib import Path

import matplotlib
import numpy as np
import torch
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.wavelets import decompose
from cwmi_seg.wavelets.filters import filters

SIZE, SCALES, ORIENTATIONS = 128, 3, 4
OUTPUT = Path("docs/figures/pyramid.png")


def main() -> None:
    matplotlib.use("Agg")
    _, mask = SyntheticImages("vessels", SIZE).read(0)
    responses = filters((SIZE, SIZE), SCALES, ORIENTATIONS)
    bands = decompose(torch.tensor(mask).float(), SCALES, ORIENTATIONS).bands
    figure, axes = pyplot.subplots(4, 1 + ORIENTATIONS, figsize=(7.2, 6.2), layout="constrained")
    show(axes[0, 0], sum_of_scales(responses.bands), "one filter a scale")
    show(axes[1, 0], mask, "mask")
    for blank in (axes[2, 0], axes[3, 0]):
        blank.axis("off")
    for k in range(ORIENTATIONS):
        degrees = 180 * k // ORIENTATIONS
        show(axes[0, 1 + k], centred(responses.bands[0][k]), f"filter, scale 1, {degrees}\N{DEGREE SIGN}")
        for n in range(SCALES):
            show(axes[1 + n, 1 + k], phase_as_colour(bands[n][k]), f"scale {n + 1}, {degrees}\N{DEGREE SIGN}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUTPUT, dpi=80)
    with Image.open(OUTPUT) as drawn:
        drawn.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, kmeans=3).save(OUTPUT, optimize=True)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB")


def show(axes: Axes, image: NDArray[np.generic], title: str) -> None:
    axes.imshow(image, cmap="gray", interpolation="nearest")
    axes.set_title(title, fontsize=8)
    axes.axis("off")


def centred(response: Tensor) -> NDArray[np.generic]:
    """Zero frequency in the middle."""
    return torch.fft.fftshift(response).numpy()


def sum_of_scales(responses: tuple[Tensor, ...]) -> NDArray[np.generic]:
    """One filter of each scale, orientation n for scale n, on the plane of the finest scale."""
    total = torch.zeros(responses[0].shape[-2:], dtype=responses[0].dtype)
    for n, response in enumerate(responses):
        margin = (SIZE - response.shape[-1]) // 2
        total += torch.nn.functional.pad(torch.fft.fftshift(response[n]), [margin] * 4)
    return total.numpy()


def phase_as_colour(band: Tensor) -> NDArray[np.generic]:
    """Colour is the phase, brightness the magnitude."""
    magnitude = (band.abs() / band.abs().max()).sqrt()
    hue = (band.angle() / (2 * torch.pi)) % 1
    return hsv_to_rgb(torch.stack([hue, torch.full_like(hue, 0.8), magnitude], dim=-1).numpy())


if __name__ == "__main__":
    main()
