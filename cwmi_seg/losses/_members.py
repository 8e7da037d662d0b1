"""The questions that a loss made of other losses asks of them, and the settings that it hands on to them."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol, cast

from torch import Tensor, nn

from cwmi_seg.mistakes import Mistake


class LossOfLosses(nn.Module):
    """A loss made of others: it is defined where all of them are, and hands on to them what a training tells it.

    A subclass sets its members, then calls :meth:`adopt`.
    """

    epoch: int | None
    parts: dict[str, Tensor]

    def members(self) -> Mapping[str, nn.Module]:
        """The losses that it is made of, by the names that messages give them."""
        raise NotImplementedError

    def adopt(self, ignore_index: int | None) -> None:
        """Take over what the members are defined for, and hand the ignored index on to them.

        Raises:
            ValueError: a member cannot ignore pixels, or they need different weight maps.
        """
        losses = self.members().values()
        self.dimensions, self.multiclass = common_dimensions(losses), all_multiclass(losses)
        self.epoch, self.parts = None, {}
        self.ignore_index = ignore_index

    @property
    def ignore_index(self) -> int | None:
        """The target value of pixels that take no part; setting it hands it on to the members."""
        return self._ignore_index

    @ignore_index.setter
    def ignore_index(self, ignore_index: int | None) -> None:
        members = self.members()
        hand_on_ignore_index(members, ignore_index)
        self._ignore_index = ignore_index
        # only now, since the arguments of a map may name the index that is ignored
        self.weight_map, self.weight_map_channels, self.weight_map_settings = common_map(members.values())


class MapNeed(NamedTuple):
    """The weight map that a loss needs."""

    kind: str | None = None  # a module of cwmi_seg.weight_maps; None needs no map
    channels: int | None = 0  # None: their number depends on that of the classes
    settings: Mapping[str, object] = {}  # arguments of the generator


class _MapLoss(Protocol):
    """A loss that needs a map."""

    weight_map: str
    weight_map_channels: int | None


def common_map(losses: Collection[nn.Module]) -> MapNeed:
    """The one weight map that those members need which need any.

    Raises:
        ValueError: They need maps that differ.
    """
    members = [cast(_MapLoss, loss) for loss in losses if needs_map(loss)]
    needs = [MapNeed(m.weight_map, m.weight_map_channels, getattr(m, "weight_map_settings", {})) for m in members]
    if any(need != needs[0] for need in needs):
        kinds = sorted({f"{need.kind} {need.settings or ''}".strip() for need in needs})
        raise Mistake(f"losses: expected members with one kind of weight map, got {kinds}; leave one out.")
    return needs[0] if needs else MapNeed()


def needs_map(loss: nn.Module) -> bool:
    """Whether a loss has to be given a weight map."""
    return getattr(loss, "weight_map", None) is not None


def common_dimensions(losses: Collection[nn.Module]) -> tuple[int, ...]:
    """The numbers of spatial axes that all losses are defined for."""
    return tuple(d for d in (2, 3) if all(d in getattr(loss, "dimensions", (2, 3)) for loss in losses))


def all_multiclass(losses: Collection[nn.Module]) -> bool:
    """Whether all losses are defined for more than two classes; one with a map has to say so."""
    return all(getattr(loss, "multiclass", not needs_map(loss)) for loss in losses)


def value_of(loss: nn.Module, logits: Tensor, target: Tensor, weight_map: Tensor | None, epoch: int | None) -> Tensor:
    """Compute a member, which is told the epoch.

    It gets the map only if it needs one, so that a member may be any loss of logits and target.
    """
    if hasattr(loss, "epoch"):
        loss.epoch = epoch  # type: ignore[assignment]
    value: Tensor = loss(logits, target, weight_map) if needs_map(loss) else loss(logits, target)
    return value


def parts_of(name: str, loss: nn.Module) -> dict[str, Tensor]:
    """The parts of the last value of a member, under the names NAME/PART."""
    parts: Mapping[str, Tensor] = getattr(loss, "parts", {})
    return {f"{name}/{part}": value for part, value in parts.items()}


def hand_on_ignore_index(losses: Mapping[str, nn.Module], ignore_index: int | None) -> None:
    """Tell the members which index to ignore; None leaves them as they are.

    Raises:
        ValueError: A member cannot ignore pixels.
    """
    if ignore_index is None:
        return
    for name, loss in losses.items():
        if not hasattr(loss, "ignore_index"):
            raise Mistake(f"{name}: expected a loss that can ignore pixels, got {type(loss).__name__}; leave it out.")
        loss.ignore_index = ignore_index  # type: ignore[assignment]
