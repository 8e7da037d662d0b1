"""Refusal of second derivatives, where they would be wrong without a word."""

import torch


def check_first_derivative(name: str) -> None:
    """Refuse to be differentiated again; a ``backward`` whose own derivative is not defined calls this.

    Raises:
        RuntimeError: the gradient is to be differentiated itself.
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            f"{name}: expected to be differentiated once, got create_graph=True; "
            "leave it out, second derivatives are not defined."
        )
