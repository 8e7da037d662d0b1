"""A weighted sum of losses, put together by its config alone."""

from collections.abc import Collection, Mapping

from torch import Tensor, nn

from cwmi_seg.losses._arguments import check_number
from cwmi_seg.losses._members import LossOfLosses, parts_of, value_of
from cwmi_seg.mistakes import Mistake


class WeightedSumLoss(LossOfLosses):
    """``sum_i w_i f_i(epoch) L_i``, the members ``L_i`` any losses of the contract, sums among them.

    ``f_i`` is 0 before the epoch ``start_epoch`` of the member, then grows linearly to 1 over ``ramp_epochs``:
    ``f_i = min(1, (epoch - start_epoch + 1) / max(1, ramp_epochs))``, epochs counted from 0. It is 1 without a
    schedule, and where the epoch is unknown, as in a loss that is used alone. While it is 0 the member is not
    evaluated, and has no part.

    The sum is defined for the dimensions and the numbers of classes that all members are defined for. ``weight_map``,
    ``weight_map_channels`` and ``weight_map_settings`` are those that the members ask for; ``epoch`` is handed on.
    ``parts`` holds the value of each member, before weight and factor, as ``NAME``, and the parts of a member as
    ``NAME/PART``.

    Args:
        losses: The members, by their names.
        weights: The weight of each member, under the same names.
        ignore_index: target value of pixels that take no part, handed on to every member and to the members of a
            member; None leaves them as they are.
        start_epoch: First epoch of members by name; 0 for all others.
        ramp_epochs: Number of epochs in which the weight of a member grows to its full size, by name; 0 for all others.

    Raises:
        ValueError: no member, names that differ, no member in epoch 0, a member that cannot ignore pixels, members that
            need different weight maps.

    Example:
        >>> from cwmi_seg.losses import CrossEntropyLoss, DiceLoss
        >>> loss = WeightedSumLoss({"dice": DiceLoss(), "ce": CrossEntropyLoss()}, {"dice": 1.0, "ce": 0.5})
        >>> loss.ignore_index is None and loss.weight_map is None
        True

    Reference:
        Dice + cross-entropy: F. Isensee et al., nnU-Net, Nature Methods 18 (2021), 203-211.
    """

    def __init__(
        self,
        losses: Mapping[str, nn.Module],
        weights: Mapping[str, float],
        ignore_index: int | None = None,
        start_epoch: Mapping[str, int] | None = None,
        ramp_epochs: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        if not losses:
            raise Mistake("losses: expected at least one, got none; name the members of the sum.")
        if set(losses) != set(weights):
            raise Mistake(f"weights: expected one for each of {sorted(losses)}, got {sorted(weights)}; name the same.")
        for name, weight in weights.items():
            check_number(f"weights.{name}", weight, "1 takes the loss as it is")
        self.losses = nn.ModuleDict(dict(losses))
        self.weights = {name: float(weights[name]) for name in losses}
        self.start_epoch = _epochs("start_epoch", start_epoch, losses)
        self.ramp_epochs = _epochs("ramp_epochs", ramp_epochs, losses)
        if min(self.start_epoch.values()) > 0:
            raise Mistake(f"start_epoch: expected a member from epoch 0 on, got {self.start_epoch}; set one to 0.")
        self.adopt(ignore_index)

    def members(self) -> dict[str, nn.Module]:
        """The losses of the sum."""
        return {f"losses.{name}": loss for name, loss in self.losses.items()}

    def forward(self, logits: Tensor, target: Tensor, weight_map: Tensor | None = None) -> Tensor:
        factors = {name: factor for name in self.losses if (factor := self.factor(name)) > 0}
        values = {name: value_of(self.losses[name], logits, target, weight_map, self.epoch) for name in factors}
        self.parts = {name: value.detach() for name, value in values.items()}
        for name in factors:
            self.parts |= parts_of(name, self.losses[name])
        total = sum(self.weights[name] * factors[name] * value for name, value in values.items())
        return total  # type: ignore[return-value]

    def factor(self, name: str) -> float:
        """The factor of the weight of a member in this epoch, in [0, 1]."""
        if self.epoch is None:
            return 1.0
        begun = self.epoch - self.start_epoch[name] + 1
        return min(1.0, max(0, begun) / max(1, self.ramp_epochs[name]))


def _epochs(argument: str, given: Mapping[str, int] | None, losses: Collection[str]) -> dict[str, int]:
    """A number of epochs for every member."""
    given = {} if given is None else given
    for name, epochs in given.items():
        if name not in losses:
            raise Mistake(f"{argument}: expected some of {sorted(losses)}, got {name}; correct the name.")
        check_number(f"{argument}.{name}", epochs, "0 leaves the schedule out", least=0, whole=True)
    return {name: int(given.get(name, 0)) for name in losses}
