"""The panels of test images."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from PIL import Image

from cwmi_seg.callbacks.overlays import Overlays
from cwmi_seg.datasets.info import DatasetInfo
from cwmi_seg.pictures.overlay import BLACK, BLUE, HATCHES, RED, WHITE, tiles


def test_ignored_pixels_are_hatched_and_leave_the_structure_white(tmp_path: Path) -> None:
    target, prediction = torch.tensor([[[1, 1, 0, 0, 255, 255]]]), torch.tensor([[[1, 0, 1, 0, 1, 0]]])
    batch = {"image": torch.zeros(1, 1, 1, 6), "target": target, "name": ["a"]}
    data = SimpleNamespace(
        source=SimpleNamespace(info=DatasetInfo("a", "b", 1, 2, (0.0,), (1.0,), (), ignore_index=255))
    )
    shown: list[Any] = []
    logger = SimpleNamespace(log_overlay=lambda *arguments: shown.append(arguments))
    trainer = SimpleNamespace(is_global_zero=True, datamodule=data, loggers=[logger])
    Overlays(tmp_path).on_test_batch_end(cast(Any, trainer), cast(Any, None), {"prediction": prediction}, batch, 0)
    _, truth, errors = tiles(np.asarray(Image.open(tmp_path / "a.png")))
    assert truth[0, :4].tolist() == [list(colour) for colour in (WHITE, WHITE, BLACK, BLACK)]
    assert errors[0, :4].tolist() == [list(colour) for colour in (WHITE, BLUE, RED, BLACK)]
    for picture in (truth, errors):
        assert {tuple(pixel) for pixel in picture[0, 4:].tolist()} <= set(HATCHES)
    ((_, _, shown_prediction, shown_target),) = shown
    assert shown_prediction.tolist() == [[1, 0, 1, 0, 0, 0]]
    assert shown_target.tolist() == [[1, 1, 0, 0, 0, 0]]
