"""Losses, metrics and experiments for the segmentation of thin structures, around the CWMI loss.

The losses, metrics, networks and wavelets are in the packages of these names. The names here are those of experiments:
:func:`compose` a config, :func:`train` a run, :func:`sweep` a study, read a :class:`Run` or a :class:`Study`, and
:func:`load_model` an exported network.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cwmi_seg.interface.compose import compose
    from cwmi_seg.interface.run import Run
    from cwmi_seg.interface.study import Study
    from cwmi_seg.interface.training import sweep, train
    from cwmi_seg.mistakes import Mistake
    from cwmi_seg.prediction.bundle import load_model

__all__ = ["Mistake", "Run", "Study", "compose", "load_model", "sweep", "train"]
__version__ = "0.1.0"

_HOME = {
    "Mistake": "mistakes",
    "Run": "interface.run",
    "Study": "interface.study",
    "compose": "interface.compose",
    "load_model": "prediction.bundle",
    "sweep": "interface.training",
    "train": "interface.training",
}
"""The module of each name."""


def __dir__() -> list[str]:
    """For the completion of names, which does not know of those that are imported later."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import a name of ``__all__`` on first use, so that a user of the losses alone does not pay for it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
