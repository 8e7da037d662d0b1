"""Metrics of topology in a torchmetrics collection, beside those of torchmetrics.

python examples/torchmetrics_collection.py
"""

import torch
from torchmetrics import JaccardIndex, MetricCollection

from cwmi_seg.metrics import BettiError, CenterlineDice, Hausdorff

torch.manual_seed(0)
target = torch.zeros(4, 64, 64, dtype=torch.long)
for number, row in enumerate((10, 20, 30, 40)):
    target[number, row : row + 3, 5:60] = 1  # a line
prediction = target.clone()
prediction[:, :, 30:32] = 0  # which is cut

collection = MetricCollection(
    {"iou": JaccardIndex("binary"), "betti": BettiError(), "centreline": CenterlineDice(), "hausdorff": Hausdorff()},
    compute_groups=False,  # torchmetrics would merge metrics that agree on the first batch
)
for images in (slice(0, 2), slice(2, 4)):
    collection.update(prediction[images], target[images])  # class indices B H W; mean over the images at the end
for name, value in collection.compute().items():
    print(f"{name} {float(value):.3f}")
