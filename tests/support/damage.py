"""Small raw data to damage, and the check that a preparation refuses it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cwmi_seg.datasets.preparation import prepare
from tests.support import fake_data

PHOTO, MASK = fake_data.photograph(1, 20, 28), fake_data.lines(1, 20, 28).astype(np.uint8) * 255


def cut(path: Path, share: float = 0.5) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def refused(preparer: Callable[[Path], object], raw: Path, root: Path, message: str) -> None:
    with pytest.raises((ValueError, OSError), match=message) as caught:
        prepare(preparer, raw, root / "deep" / "data" / "set")  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert "; " in str(caught.value), "the line ends with a repair"
