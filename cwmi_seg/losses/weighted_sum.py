"""A weighted sum of losses, put together by its config alone."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number


class WeightedSumLoss(nn.Module):
    """``sum_i w_i L_i``, the members ``L_i`` any losses of the contract.

    It is defined for the dimensions and the numbers of classes that all members are defined for. ``weight_map``,
    ``weight_map_channels`` and ``weight_map_settings`` are those that the members ask for; ``epoch`` is handed on.
    ``parts`` holds the value of each member, before its weight, as ``NAME``, and the parts of a member as
    ``NAME/PART``.

    Args:
        losses: name to loss.
        weights: name to weight, the same names.
        ignore_index: target value of pixels that take no part, handed on to every member; None leaves the members
            as they are.

    Raises:
        ValueError: names that differ, a member that cannot ignore pixels, members that need different weight maps.

    Example:
        >>> from cwmi_seg.losses import CrossEntropyLoss, DiceLoss
        >>> loss = WeightedSumLoss({"dice": DiceLoss(), "ce": CrossEntropyLoss()}, {"dice": 1.0, "ce": 0.5})
        >>> loss.ignore_index is None and loss.weight_map is None
        True

    Reference:
        Dice + cross-entropy: F. Isensee et al., nnU-Net, Nature Methods 18 (2021), 203-211.
    """

    def __init__(
        self, losses: Mapping[str, nn.Module], weights: Mapping[str, float], ignore_index: int | None = None
    ) -> None:
        super().__init__()
        if set(losses) != set(weights):
            raise ValueError(
                f"weights: expected one for each of {sorted(losses)}, got {sorted(weights)}; name the same."
            )
        for name, weight in weights.items():
            check_number(f"weights.{name}", weight, "1 takes the loss as it is")
        self.losses = nn.ModuleDict(dict(losses))
        self.weights = {name: float(weights[name]) for name in losses}
        self.ignore_index = ignore_index
        self.dimensions = tuple(d for d in (2, 3) if all(d in getattr(m, "dimensions", (d,)) for m in losses.values()))
        self.multiclass = all(getattr(m, "multiclass", True) for m in losses.values())
        self.epoch: int | None = None
        self.parts: dict[str, Tensor] = {}
        self.weight_map, self.weight_map_channels, self.weight_map_settings = _the_one_map(self.losses)
        if ignore_index is not None:
            _ignore(self.losses, ignore_index)

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        values = {name: self._value(loss, logits, target, weight_map) for name, loss in self.losses.items()}
        self.parts = {name: value.detach() for name, value in values.items()}
        for name, loss in self.losses.items():
            self.parts |= {f"{name}/{part}": value for part, value in getattr(loss, "parts", {}).items()}
        total = sum(self.weights[name] * value for name, value in values.items())
        return total  # type: ignore[return-value]

    def _value(self, loss: nn.Module, logits: Tensor, target: Tensor, weight_map: Tensor | None) -> Tensor:
        if hasattr(loss, "epoch"):
            loss.epoch = self.epoch  # type: ignore[assignment]
        value: Tensor = loss(logits, target, weight_map) if _needs_map(loss) else loss(logits, target)
        return value


def _needs_map(loss: nn.Module) -> bool:
    return getattr(loss, "weight_map", None) is not None


def _the_one_map(losses: nn.ModuleDict) -> tuple[str | None, int, dict[str, Any]]:
    """Kind, channels and settings of the map that the members share; (None, 0, {}) if none needs one."""
    needs: list[Any] = [loss for loss in losses.values() if _needs_map(loss)]
    maps = [(loss.weight_map, loss.weight_map_channels, getattr(loss, "weight_map_settings", {})) for loss in needs]
    if any(other != maps[0] for other in maps):
        kinds = sorted({f"{kind} {settings or ''}".strip() for kind, _, settings in maps})
        raise ValueError(f"losses: expected members with one kind of weight map, got {kinds}; leave one out.")
    return maps[0] if maps else (None, 0, {})


def _ignore(losses: nn.ModuleDict, ignore_index: int) -> None:
    for name, loss in losses.items():
        if not hasattr(loss, "ignore_index"):
            raise ValueError(
                f"losses.{name}: expected a loss that can ignore pixels, got {type(loss).__name__}; leave it out."
            )
        loss.ignore_index = ignore_index  # type: ignore[assignment]
