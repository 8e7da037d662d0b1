"""Prints, for networks of this package, the largest difference of a logit between ONNX and PyTorch at three sizes.

python scripts/check_onnx.py
"""

import logging
import tempfile
import time
from pathlib import Path

import onnx
import onnxruntime
import torch
from torch import nn

from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.models.attention_unet import AttentionUNet
from cwmi_seg.models.smp import SMPModel
from cwmi_seg.models.unet import UNet
from cwmi_seg.prediction.onnx_export import SIZES, export_onnx
from cwmi_seg.prediction.pixel_model import PixelModel

INFO = DatasetInfo("random", "", 3, 2, (120.0, 110.0, 90.0), (60.0, 50.0, 40.0), ())


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "unet, width 64": UNet(3, 2, 64),
        "attention_unet, width 16": AttentionUNet(3, 2, 16),
        **{f"smp {name}, resnet18": SMPModel(3, 2, name, "resnet18") for name in ("unet", "unetplusplus", "fpn")},
    }


def main() -> None:
    logging.disable(logging.WARNING)
    print(
        f"torch {torch.__version__}, onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}, sizes {SIZES[2]}"
    )
    for name, model in networks().items():
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcome = f"{export_onnx(PixelModel(model, INFO), Path(folder) / 'model.onnx'):.1e}"
            except Exception as error:
                outcome = f"failed: {str(error).splitlines()[0][:80]}"
        print(f"{name:28} {outcome}  ({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
