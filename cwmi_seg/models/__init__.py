"""Networks: images B I H W to logits B C H W of the same height and width, for any size; volumes B I D H W likewise.

The constructor takes ``in_channels`` and ``num_classes``, which the train command fills in from the dataset,
and whatever ``conf/model/NAME.yaml`` sets. Where it has arguments ``dimensions`` (2 or 3) and ``spacing`` (of the
samples along each axis, or None), those of a dataset of volumes are filled in as well. A network that is made for
images alone says so in the class attribute ``dimensions`` ((2,)).
"""

from cwmi_seg.models.attention_unet import AttentionUNet
from cwmi_seg.models.monai import MonaiModel
from cwmi_seg.models.slices import SliceNetwork
from cwmi_seg.models.smp import SMPModel
from cwmi_seg.models.unet import UNet

__all__ = ["AttentionUNet", "MonaiModel", "SMPModel", "SliceNetwork", "UNet"]
