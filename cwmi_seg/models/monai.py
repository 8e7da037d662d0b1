"""Any network of MONAI, by name."""

from inspect import signature

from torch import Tensor, nn

from cwmi_seg.mistakes import Mistake
from cwmi_seg.models.padding import cropped, padded

_CHANNELS = (("in_channels", "out_channels"), ("n_channels", "out_channels"), ("in_channels", "n_classes"))


class MonaiModel(nn.Module):
    """A network of :mod:`monai.networks.nets` that takes images or volumes of any size.

    Args:
        in_channels: image channels I.
        num_classes: logit channels C.
        name: class of ``monai.networks.nets``, for example "SegResNet", "BasicUNet" or "DynUNet".
        multiple: every axis is padded (borders repeated) to a multiple of it, and the logits cropped back.
        dimensions: 2 for images, 3 for volumes; the ``spatial_dims`` of the class.
        settings: further arguments of the class, those without a default among them.

    Raises:
        ValueError: MONAI is not installed, has no such network, or refuses its arguments.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        name: str = "SegResNet",
        multiple: int = 16,
        dimensions: int = 2,
        **settings: object,
    ) -> None:
        super().__init__()
        if multiple < 1:
            raise Mistake(f"multiple: expected at least 1, got {multiple}; use for example 16.")
        self.multiples = (multiple,) * dimensions
        self.network = _made(name, in_channels, num_classes, dimensions, settings)

    def forward(self, image: Tensor) -> Tensor:
        """Images B I H W to logits B C H W; volumes B I D H W to B C D H W."""
        logits = self.network(padded(image, self.multiples))
        # some networks give those of their inner levels too, after those of full resolution
        return cropped(logits[0] if isinstance(logits, list | tuple) else logits, image)


def _made(name: str, in_channels: int, num_classes: int, dimensions: int, settings: dict[str, object]) -> nn.Module:
    kind = _network(name)
    known = signature(kind).parameters
    channels = next((pair for pair in _CHANNELS if set(pair) <= set(known)), None)
    if channels is None or "spatial_dims" not in known:
        raise Mistake(f"name: expected a network of MONAI from images to masks, got {name}; use for example SegResNet.")
    arguments = {**settings, channels[0]: in_channels, channels[1]: num_classes, "spatial_dims": dimensions}
    try:
        network: nn.Module = kind(**arguments)
    except (TypeError, ValueError, KeyError, AssertionError) as error:
        said = " ".join(str(error).split())[:200]
        raise Mistake(
            f"name: expected the arguments of {name}, which says: {said}; set them as in +model.init_filters=16."
        ) from error
    return network


def _network(name: str) -> type[nn.Module]:
    try:
        from monai.networks import nets
    except ImportError:
        raise Mistake("name: expected the package monai, found none; pip install 'cwmi-seg[monai]'.") from None
    kind = getattr(nets, name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise Mistake(f"name: expected a network of monai.networks.nets, got {name}; use for example SegResNet.")
    return kind
