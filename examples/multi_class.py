"""Three classes, and pixels that take no part: every loss of the package takes both the same way.

python examples/multi_class.py
"""

import torch

from cwmi_seg.losses import CWMILoss, DiceLoss
from cwmi_seg.models import UNet

torch.manual_seed(0)
rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
target = torch.zeros(1, 64, 64, dtype=torch.long)
target[0, (rows - columns).abs() < 3] = 1  # a diagonal line
target[0, (rows - 32) ** 2 + (columns - 16) ** 2 < 64] = 2  # a disc
pixels = torch.stack([target == 1, target == 2], 1).float() + 0.3 * torch.randn(1, 2, 64, 64)
target[:, :, -4:] = 255  # a margin that nobody labelled

model = UNet(in_channels=2, num_classes=3, width=4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
cwmi, dice = CWMILoss(ignore_index=255), DiceLoss(ignore_index=255)

values = []
for _ in range(15):
    optimizer.zero_grad()
    logits = model(pixels)
    value = dice(logits, target) + 0.1 * cwmi(logits, target)
    value.backward()
    optimizer.step()
    values.append(value.item())
print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")
