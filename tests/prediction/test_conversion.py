"""Images of another kind than those of the training."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cwmi_seg.prediction.conversion import Conversion, OtherKind
from tests.conftest import Command
from tests.support.fake_data import photograph, save
from tests.support.networks import Run, network

Capture = pytest.CaptureFixture[str]
RGB = photograph(1, 40, 48)
GREY = np.asarray(Image.fromarray(RGB).convert("L"))
IN_12_BIT = np.minimum(GREY.astype(np.uint16) * 16, 4095)


def masks(folder: Path) -> np.ndarray:
    return np.asarray(Image.open(folder / "masks" / "a.png"))


def predicted(command: Command, run: Path, pixels: np.ndarray, name: str, *said: str) -> np.ndarray:
    save(Path(name, "a.png"), pixels)
    assert command("predict", f"run={run}", f"images={name}", f"out=out_{name}", *said) == 0
    return masks(Path(f"out_{name}"))


slow = partial(pytest.param, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("kind", "given", "same", "said"),
    [
        ({"channels": 1}, RGB, GREY, ()),
        slow({"channels": 1}, np.repeat(GREY[..., None], 3, axis=2), GREY, ()),
        ({"channels": 3}, GREY, np.repeat(GREY[..., None], 3, axis=2), ()),
        slow({"channels": 1, "dtype": "uint16"}, GREY, GREY.astype(np.uint16) * 257, ()),
        slow({"channels": 1}, GREY.astype(np.uint16) * 257, GREY, ("white=65535",)),
        ({"channels": 1}, IN_12_BIT, np.round(IN_12_BIT * (255 / 4095)).astype(np.uint8), ("white=4095",)),
    ],
)  # fmt: skip
def test_an_image_of_another_kind_is_predicted_like_its_conversion(
    run: Run,
    command: Command,
    capsys: Capture,
    kind: dict[str, object],
    given: np.ndarray,
    same: np.ndarray,
    said: tuple[str, ...],
) -> None:
    folder = run(**kind)
    found = predicted(command, folder, given, "given", *said)
    assert capsys.readouterr().out.count("as in training") == 1
    wanted = predicted(command, folder, same, "same")
    assert "as in training" not in capsys.readouterr().out
    assert (found != wanted).mean() < 0.01  # Pillow rounds the luma by another rule


def test_the_kind_is_told_once_and_can_be_refused(run: Run, command: Command, capsys: Capture) -> None:
    folder = run()
    for name in "abc":
        save(Path(f"in/{name}.png"), RGB)
    assert command("predict", f"run={folder}", "images=in", "out=out") == 0
    assert capsys.readouterr().out.count("3 channels of uint8 become 1 of uint8") == 1
    assert command("predict", f"run={folder}", "images=in", "out=refused", "convert=false") == 1
    (reason, *_) = json.loads(Path("refused/summary.json").read_text())["failed"].values()
    assert reason == (
        "expected 1 channel of uint8 as in training, got 3 of uint8; convert the image, or set convert=true"
    )


def test_16_bit_become_8_only_when_it_is_said_how() -> None:
    info = network().info
    deep = np.array([[[0], [4095], [65535]]], dtype=np.uint16)
    with pytest.raises(OtherKind, match="say which 16-bit value is white, as in white=65535"):
        Conversion(info)(deep)
    assert Conversion(info, white=4095)(deep).ravel().tolist() == [0, 255, 255]
    assert Conversion(info, white=65535)(deep).ravel().tolist() == [0, 16, 255]
    floats = Conversion(replace(info, dtype="float32"))(np.full((1, 1, 3), (0.2, 0.4, 0.6), np.float32))
    assert floats.item() == pytest.approx(0.2 * 0.299 + 0.4 * 0.587 + 0.6 * 0.114)
    with pytest.raises(OtherKind, match="got 4 of uint8; convert the image"):
        Conversion(info)(np.zeros((1, 1, 4), np.uint8))
    with pytest.raises(ValueError, match="white: expected a 16-bit value of 1 to 65535, got 0"):
        Conversion(info, white=0)
