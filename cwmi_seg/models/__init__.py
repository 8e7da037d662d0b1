"""Networks: images B I H W to logits B C H W of the same height and width, for any size.

The constructor takes ``in_channels`` and ``num_classes``, which the train command fills in from the dataset,
and whatever ``conf/model/NAME.yaml`` sets.
"""

from cwmi_seg.models.attention_unet import AttentionUNet
from cwmi_seg.models.smp import SMPModel
from cwmi_seg.models.unet import UNet

__all__ = ["AttentionUNet", "SMPModel", "UNet"]
