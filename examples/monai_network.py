"""A MONAI network and a MONAI batch with the CWMI loss (pip install monai).

MONAI keeps a channel axis in the label, B 1 H W; the loss takes it as it is.

python examples/monai_network.py
"""

import numpy as np
import torch
from monai.data import DataLoader, Dataset
from monai.networks.nets import UNet
from monai.transforms import Compose, EnsureChannelFirstd, EnsureTyped, NormalizeIntensityd

from cwmi_seg.datasets.synthetic import SyntheticImages
from cwmi_seg.losses import CWMILoss

torch.manual_seed(0)
images = SyntheticImages("membranes", size=64, num_train=4)
samples = [{"image": image, "label": mask[..., None]} for image, mask in map(images.read, range(4))]
transform = Compose(
    [
        EnsureChannelFirstd(("image", "label"), channel_dim=-1),
        EnsureTyped(("image", "label"), dtype=(np.float32, np.int64)),
        NormalizeIntensityd("image"),
    ]
)
batch = next(iter(DataLoader(Dataset(samples, transform), batch_size=4)))

model = UNet(spatial_dims=2, in_channels=1, out_channels=2, channels=(8, 16, 32), strides=(2, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loss = CWMILoss()

values = []
for _ in range(10):
    optimizer.zero_grad()
    value = loss(model(batch["image"]), batch["label"])
    value.backward()
    optimizer.step()
    values.append(value.item())
print(f"loss {values[0]:.3f} -> {values[-1]:.3f}")
