"""Small networks with weights as a training leaves them, and the folder of a run around one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.models.unet import UNet
from cwmi_seg.prediction.pixel_model import PixelModel

CPU = torch.device("cpu")


def grey(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def dataset_info(num_classes: int = 2, channels: int = 1, dtype: str = "uint8", dimensions: int = 2) -> DatasetInfo:
    unit = 257 if dtype == "uint16" else 1
    mean, std = (120.0 * unit,) * channels, (70.0 * unit,) * channels
    return DatasetInfo("made", "", channels, num_classes, mean, std, (), dtype=dtype, dimensions=dimensions)


def network(
    seed: int = 0,
    num_classes: int = 2,
    channels: int = 1,
    dtype: str = "uint8",
    width: int = 2,
    dimensions: int = 2,
) -> PixelModel:
    torch.manual_seed(seed)
    model = UNet(channels, num_classes, width, dimensions)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return PixelModel(model, dataset_info(num_classes, channels, dtype, dimensions))


def expected(model: PixelModel, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities C H W of the whole image."""
    pixels = torch.from_numpy(np.atleast_3d(image).transpose(2, 0, 1).copy())[None]
    with torch.inference_mode():
        return model(pixels).softmax(1)[0].numpy()


Run = Callable[..., Path]


def write_run(folder: Path, model: PixelModel) -> Path:
    """A folder as a training leaves it, without the seconds of one."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("model: {_target_: cwmi_seg.models.unet.UNet, width: 2}\n")
    save_info(model.info, folder)
    state = {f"model.{key}": value for key, value in model.model.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 0}, folder / "best.ckpt")
    return folder
