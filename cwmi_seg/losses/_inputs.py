"""The one place that reads logits and targets."""

import torch
from torch import Tensor
from torch.nn import functional as F


def log_probabilities(logits: Tensor) -> Tensor:
    """Log-softmax over the classes, B C H W, in float32 or wider; one channel z is read as [0, z]."""
    if logits.ndim != 4:
        raise ValueError(f"logits: expected shape (B, C, H, W), got {tuple(logits.shape)}; add the missing axis.")
    logits = logits if logits.dtype == torch.float64 else logits.float()
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    return F.log_softmax(logits, dim=1)


def one_hot(target: Tensor, log_prob: Tensor) -> Tensor:
    """Indicator of each class, B C H W, in the type of ``log_prob``."""
    expected = (log_prob.shape[0], *log_prob.shape[2:])
    if target.shape != expected:
        raise ValueError(
            f"target: expected shape {expected}, got {tuple(target.shape)}; pass class indices without a channel axis."
        )
    classes = torch.arange(log_prob.shape[1], device=target.device)[:, None, None]
    return (target[:, None] == classes).to(log_prob.dtype)
