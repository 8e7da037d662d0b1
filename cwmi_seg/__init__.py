"""Losses, metrics and experiments for the segmentation of thin structures, around the CWMI loss."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cwmi_seg.prediction.bundle import load_model

__all__ = ["load_model"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import ``load_model`` on first use, so that a user of the losses alone does not pay for it."""
    if name == "load_model":
        from cwmi_seg.prediction.bundle import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
