"""The complex steerable pyramid alone: split an image, look at its energy, put it together again.

python examples/pyramid.py
"""

import torch

from cwmi_seg.wavelets import decompose, reconstruct

image = torch.zeros(96, 128, dtype=torch.float64)
image[48] = 1  # a horizontal line varies along the rows: orientation 0 answers

pyramid = decompose(image, num_scales=3, num_orientations=4)
for scale, band in enumerate(pyramid.bands, start=1):
    energy = band.abs().square().sum((-1, -2))  # K
    print(f"scale {scale}: {tuple(band.shape)}, share of each orientation", (energy / energy.sum()).numpy().round(3))

error = (reconstruct(pyramid, 96, 128) - image).abs().max()
print(f"reconstruction error {error:.1e}")
