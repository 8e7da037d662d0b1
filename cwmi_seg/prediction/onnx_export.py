"""A network as an ONNX file for images or volumes of any size, compared with the original before it is kept."""

import importlib.util
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cwmi_seg.files.atomic import replacing
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.pixel_model import PixelModel

SIZES: dict[int, tuple[tuple[int, ...], ...]] = {
    2: ((64, 64), (97, 130), (160, 96)),
    3: ((16, 32, 32), (9, 35, 20), (24, 16, 48)),
}
"""Heights and widths of the comparison of images; depths, heights and widths of that of volumes."""
TOLERANCE = 1e-4
"""Largest accepted difference of a logit, relative where the logit is larger than 1."""
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
_TALKATIVE = ("onnxscript", "onnx_ir")
"""Loggers that tell every step of the optimiser."""


def export_onnx(model: PixelModel, path: Path) -> float:
    """Write ``model`` as ONNX: ``pixels`` B I H W float32, as stored in the images, to ``logits`` B C H W.

    Of a network of volumes they are B I D H W and B C D H W.

    Returns:
        The largest difference of a logit between onnxruntime and PyTorch on random images of three sizes.

    Raises:
        ValueError: a package is not installed, or the difference is above 1e-4; no file is left then.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise Mistake(f"onnx: expected the package {missing[0]}, found none; pip install 'cwmi-seg[onnx]'.")
    with replacing(path) as temporary:
        _write(model.cpu(), temporary)
        return _difference(model, temporary)


def _write(model: PixelModel, path: Path) -> None:
    example = _random_pixels(model, 2, SIZES[model.info.dimensions][1])
    axes = ("depth", "height", "width")[-model.info.dimensions :]
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            model,
            (example,),
            str(path),
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=["pixels"],
            output_names=["logits"],
            dynamic_shapes=({0: "batch", **dict(enumerate(axes, start=2))},),
        )


def _difference(model: PixelModel, path: Path) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    largest = 0.0
    for sizes in SIZES[model.info.dimensions]:
        pixels = _random_pixels(model, 1, sizes)
        with torch.inference_mode():
            expected = model(pixels).numpy()
        (got,) = session.run(None, {"pixels": pixels.numpy()})
        # absolute for small logits and relative for large ones, as rounding is
        if not np.allclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE):
            difference = float(np.abs(got - expected).max())
            raise Mistake(
                f"onnx: expected logits within {TOLERANCE} of PyTorch, got a difference of {difference:.1e} at "
                f"{shown(sizes)}; set onnx=false to export the weights alone."
            )
        largest = max(largest, float(np.abs(got - expected).max()))
    return largest


def shown(sizes: Sequence[int]) -> str:
    """The sizes as people write them, 64x64."""
    return "x".join(map(str, sizes))


def _random_pixels(model: PixelModel, batch: int, sizes: Sequence[int]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn((batch, model.info.channels, *sizes), generator=generator)
    return noise * model.std + model.mean
