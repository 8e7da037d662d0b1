"""The panels of test images."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from PIL import Image

from cwmi_seg.callbacks.overlays import Overlays
from cwmi_seg.overlay import BLACK, BLUE, RED, WHITE, tiles


def test_ignored_pixels_are_background_and_leave_the_structure_white(tmp_path: Path) -> None:
    target, prediction = torch.tensor([[[1, 1, 0, 0, 255, 255]]]), torch.tensor([[[1, 0, 1, 0, 1, 0]]])
    batch = {"image": torch.zeros(1, 1, 1, 6), "target": target, "name": ["a"]}
    data = SimpleNamespace(source=SimpleNamespace(info=SimpleNamespace(ignore_index=255)))
    shown: list[Any] = []
    logger = SimpleNamespace(log_overlay=lambda *arguments: shown.append(arguments))
    trainer = SimpleNamespace(is_global_zero=True, datamodule=data, loggers=[logger])
    Overlays(tmp_path).on_test_batch_end(cast(Any, trainer), cast(Any, None), {"prediction": prediction}, batch, 0)
    _, truth, errors = tiles(np.asarray(Image.open(tmp_path / "a.png")))
    assert truth[0].tolist() == [list(colour) for colour in (WHITE, WHITE, BLACK, BLACK, BLACK, BLACK)]
    assert errors[0].tolist() == [list(colour) for colour in (WHITE, BLUE, RED, BLACK, BLACK, BLACK)]
    ((_, _, shown_prediction, shown_target),) = shown
    assert shown_prediction.tolist() == [[1, 0, 1, 0, 0, 0]]
    assert shown_target.tolist() == [[1, 1, 0, 0, 0, 0]]
