"""Segmentation losses under one contract; they import torch only.

``loss(logits, target) -> scalar``: ``logits`` B C H W, raw; ``target`` B H W, integer class index.
A single-channel logit z is read as the two logits [0, z]. Values are computed in float32 or wider.
Class 1 is the structure (vessel, membrane, road, mortar), class 0 the background.
"""

from cwmi_seg.losses.balanced_cross_entropy import BalancedCrossEntropyLoss
from cwmi_seg.losses.cross_entropy import CrossEntropyLoss
from cwmi_seg.losses.cwmi import CWMILoss
from cwmi_seg.losses.dice import DiceLoss

__all__ = ["BalancedCrossEntropyLoss", "CWMILoss", "CrossEntropyLoss", "DiceLoss"]
