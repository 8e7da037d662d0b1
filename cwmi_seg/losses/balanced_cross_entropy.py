"""Cross-entropy with class weights from each image's own class counts."""

from torch import Tensor, nn

from cwmi_seg.losses._class_weights import class_weights
from cwmi_seg.losses._inputs import read_inputs


def balanced_cross_entropy_loss(logits: Tensor, target: Tensor, *, ignore_index: int | None = None) -> Tensor:
    """Mean over the pixels of ``-w_c log p_c``, c the target class, ``w_c = (largest class count) / n_c`` of the image.

    All classes of an image count alike. The majority class has weight 1, so rare structures make the loss larger:
    it is not a weighted mean. With one class present it is the plain cross-entropy.

    Args:
        logits: B C *space (or B 1 *space), raw.
        target: B *space, class index.
        ignore_index: target value of pixels that take no part; all ignored gives 0.

    Returns:
        Scalar in [0, inf), nats.

    Example:
        >>> import torch
        >>> target = torch.tensor([[[0, 0, 0, 1]]])
        >>> balanced_cross_entropy_loss(torch.zeros(1, 2, 1, 4), target)
        tensor(1.0397)
    """
    inputs = read_inputs(logits, target, ignore_index)
    weighted = class_weights(inputs.indicator) * inputs.class_sums(inputs.log_prob)
    return -weighted.sum() / inputs.num_pixels()


class BalancedCrossEntropyLoss(nn.Module):
    """Module form of :func:`balanced_cross_entropy_loss`."""

    def __init__(self, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        return balanced_cross_entropy_loss(logits, target, ignore_index=self.ignore_index)
