"""The functions whose persistent homology the losses of this package compare, and the values at the ends of bars."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cwmi_seg.losses._inputs import Inputs

FILTRATIONS = ("superlevel", "sublevel", "both")


class Filtrations(NamedTuple):
    """Maps of each image and each class but the background: 1 - probability for superlevels, else the probability."""

    prediction: Tensor  # M *space, M = B (C - 1), with gradient
    target: Tensor  # M *space

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Both as arrays for the engines, which need values that can be put in order, so a NaN becomes 0."""
        prediction, target = torch.stack(tuple(self)).detach().cpu().double().nan_to_num().numpy()
        return prediction, target

    def ends(self, pixels: NDArray[np.int64]) -> Tensor:
        """Values of the prediction at positions in its flattened tensor, with gradient."""
        return self.prediction.flatten()[torch.from_numpy(pixels).to(self.prediction.device)]

    def mean(self, total: Tensor) -> Tensor:
        """Divide ``total`` by the number of maps; NaN if a prediction holds one, which the engines did not see."""
        return torch.where(self.prediction.isnan().any(), torch.nan, total / len(self.prediction))


def read_filtrations(inputs: Inputs, filtration: str) -> Filtrations:
    """Make the maps of "superlevel", of "sublevel", or of "both" one after the other; ignored pixels are background."""
    prob, indicator = inputs.prob()[:, 1:].flatten(0, 1), inputs.indicator[:, 1:].flatten(0, 1)
    sublevel = Filtrations(prob, indicator)
    superlevel = Filtrations(1 - prob, 1 - indicator)
    if filtration == "sublevel":
        return sublevel
    if filtration == "superlevel":
        return superlevel
    prediction = torch.cat([superlevel.prediction, sublevel.prediction])
    return Filtrations(prediction, torch.cat([superlevel.target, sublevel.target]))
