"""Which progress is shown where."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from pytorch_lightning.callbacks import RichProgressBar, TQDMProgressBar

from cwmi_seg.callbacks import progress


@pytest.mark.parametrize(
    ("terminal", "kernel", "widgets", "expected"),
    [
        (True, False, True, RichProgressBar),
        (False, False, True, progress.EpochLines),
        (False, True, False, progress.EpochLines),
        (False, True, True, TQDMProgressBar),
    ],
)
def test_progress(terminal: bool, kernel: bool, widgets: bool, expected: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setattr(progress, "find_spec", lambda name: ModuleSpec(name, None) if widgets else None)
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    else:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert type(progress.progress()) is expected
