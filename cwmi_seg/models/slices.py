"""A network of images for volumes, one slice after the other."""

from torch import Tensor, nn


class SliceNetwork(nn.Module):
    """Takes volumes B I D H W slice by slice along the depth, each as an image; takes images as they are.

    So a network that is trained on slices is scored, and predicts, on the volumes that they are of.

    Args:
        network: images B I H W to logits B C H W.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Volumes B I D H W to logits B C D H W; images B I H W to B C H W."""
        if image.ndim == 4:
            return self.network(image)
        batch, _, depth, *_ = image.shape
        logits: Tensor = self.network(image.transpose(1, 2).flatten(0, 1))
        return logits.view(batch, depth, *logits.shape[1:]).transpose(1, 2)
