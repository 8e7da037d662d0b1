"""Segmentation losses under one contract; they import torch only.

``loss(logits, target, weight_map=None) -> scalar``: ``logits`` B C *space, raw; ``target`` B *space (or B 1 *space),
integer class index; ``weight_map`` B M *space. ``*space`` is H W of images, D H W of volumes. A single-channel logit z
is read as the two logits [0, z] (``class_logits``). Values are computed in float32 or wider whatever autocast says;
value and gradient are finite for every finite input. Class 1 is the structure (vessel, membrane, road, mortar), class 0
the objects or background.

Every loss takes ``ignore_index`` and keeps it in an attribute of that name, and refuses numbers out of their range
when it is made (``_arguments.check_number``). A loss that is not defined for both images and volumes says so in the
class attribute ``dimensions`` ((2,) or (3,)), one that is defined for two classes alone in ``multiclass`` (False); it
hands both to ``read_inputs``, which refuses the rest. One that depends on the distance of neighbouring samples has an
attribute ``spacing``, which is set to that of a dataset of volumes where it is None.

A loss that needs a map names it in the class attribute
``weight_map`` (a module of :mod:`cwmi_seg.weight_maps`), says in ``weight_map_channels`` how many channels M it has
(None: that depends on the classes), may give arguments of its generator in the attribute ``weight_map_settings`` (a
dict; ``num_classes: None`` is filled in from the dataset), and is then given the map by the datamodule. If the map is
defined for more than two classes, it says ``multiclass = True``. A loss that changes with the epoch has an attribute
``epoch`` (None when used alone: as after the warm-up). ``state_dict()`` is empty. A loss may keep the parts of its last
value, detached, in the attribute ``parts`` (dict of name to scalar tensor).
"""

from cwmi_seg.losses._inputs import class_logits
from cwmi_seg.losses.abw import ABWLoss, abw_loss
from cwmi_seg.losses.balanced_cross_entropy import BalancedCrossEntropyLoss, balanced_cross_entropy_loss
from cwmi_seg.losses.betti_matching import BettiMatchingLoss, betti_matching_loss
from cwmi_seg.losses.boundary import BoundaryLoss, boundary_loss
from cwmi_seg.losses.cbdice import CbDiceLoss, cbdice_loss
from cwmi_seg.losses.clce import ClCELoss, clce_loss
from cwmi_seg.losses.cldice import ClDiceLoss, cldice_loss
from cwmi_seg.losses.cross_entropy import CrossEntropyLoss, cross_entropy_loss
from cwmi_seg.losses.cwmi import CWMILoss, cwmi_loss
from cwmi_seg.losses.dice import DiceLoss, dice_loss
from cwmi_seg.losses.focal import FocalLoss, focal_loss
from cwmi_seg.losses.focal_tversky import FocalTverskyLoss, focal_tversky_loss
from cwmi_seg.losses.hausdorff import HausdorffLoss, hausdorff_loss
from cwmi_seg.losses.hu_topo import HuTopoLoss, hu_topo_loss
from cwmi_seg.losses.lovasz import LovaszLoss, lovasz_loss
from cwmi_seg.losses.mcc import MCCLoss, mcc_loss
from cwmi_seg.losses.rmi import RMILoss, rmi_loss
from cwmi_seg.losses.scnp import SCNPLoss
from cwmi_seg.losses.skea_topo import SkeaTopoLoss, skea_topo_loss
from cwmi_seg.losses.skeleton_recall import SkeletonRecallLoss, skeleton_recall_loss
from cwmi_seg.losses.spw import SPWLoss, spw_loss
from cwmi_seg.losses.supervoxel import SupervoxelLoss, supervoxel_loss
from cwmi_seg.losses.topograph import TopographLoss, topograph_loss
from cwmi_seg.losses.tversky import TverskyLoss, tversky_loss
from cwmi_seg.losses.unet_weighted import UNetWeightedLoss, unet_weighted_loss
from cwmi_seg.losses.unified_focal import UnifiedFocalLoss, unified_focal_loss
from cwmi_seg.losses.weighted_sum import WeightedSumLoss

__all__ = [
    "ABWLoss",
    "BalancedCrossEntropyLoss",
    "BettiMatchingLoss",
    "BoundaryLoss",
    "CWMILoss",
    "CbDiceLoss",
    "ClCELoss",
    "ClDiceLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "FocalLoss",
    "FocalTverskyLoss",
    "HausdorffLoss",
    "HuTopoLoss",
    "LovaszLoss",
    "MCCLoss",
    "RMILoss",
    "SCNPLoss",
    "SPWLoss",
    "SkeaTopoLoss",
    "SkeletonRecallLoss",
    "SupervoxelLoss",
    "TopographLoss",
    "TverskyLoss",
    "UNetWeightedLoss",
    "UnifiedFocalLoss",
    "WeightedSumLoss",
    "abw_loss",
    "balanced_cross_entropy_loss",
    "betti_matching_loss",
    "boundary_loss",
    "cbdice_loss",
    "class_logits",
    "clce_loss",
    "cldice_loss",
    "cross_entropy_loss",
    "cwmi_loss",
    "dice_loss",
    "focal_loss",
    "focal_tversky_loss",
    "hausdorff_loss",
    "hu_topo_loss",
    "lovasz_loss",
    "mcc_loss",
    "rmi_loss",
    "skea_topo_loss",
    "skeleton_recall_loss",
    "spw_loss",
    "supervoxel_loss",
    "topograph_loss",
    "tversky_loss",
    "unet_weighted_loss",
    "unified_focal_loss",
]
