"""A network of segmentation-models-pytorch with one logit per pixel, trained with the CWMI loss.

python examples/segmentation_models.py
"""

import numpy as np
import segmentation_models_pytorch as smp
import torch

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss

torch.manual_seed(0)
images = SyntheticImages("roads", size=64, num_train=4)
pairs = [images.read(index) for index in range(4)]
pixels = torch.from_numpy(np.stack([image for image, _ in pairs])).permute(0, 3, 1, 2).float() / 255
target = torch.from_numpy(np.stack([mask for _, mask in pairs])).long()

model = smp.Unet("resnet18", encoder_weights=None, in_channels=1, classes=1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss = CWMILoss()  # reads a single logit z as the two logits [0, z]

values = []
for _ in range(6):
    optimizer.zero_grad()
    value = loss(model(pixels), target)
    value.backward()
    optimizer.step()
    values.append(value.item())
print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")
