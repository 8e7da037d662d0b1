"""The former address of :mod:`cwmi_seg.wavelets`, kept because ``from cwmi_seg.pyramid import decompose`` is in use."""

from cwmi_seg.wavelets import Pyramid, decompose, reconstruct

__all__ = ["Pyramid", "decompose", "reconstruct"]
