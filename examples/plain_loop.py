"""The CWMI loss in a plain PyTorch loop: no Lightning, no Hydra.

python examples/plain_loop.py
"""

import numpy as np
import torch

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss
from cwmi_seg.models import UNet

torch.manual_seed(0)
images = SyntheticImages("vessels", size=64, num_train=4)
pairs = [images.read(index) for index in range(4)]
pixels = torch.from_numpy(np.stack([image for image, _ in pairs])).permute(0, 3, 1, 2).float() / 255  # B I H W
target = torch.from_numpy(np.stack([mask for _, mask in pairs])).long()  # B H W, class indices

model = UNet(in_channels=1, num_classes=2, width=4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loss = CWMILoss()

values = []
for _ in range(10):
    optimizer.zero_grad()
    value = loss(model(pixels), target)  # raw logits B C H W
    value.backward()
    optimizer.step()
    values.append(value.item())
print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")
