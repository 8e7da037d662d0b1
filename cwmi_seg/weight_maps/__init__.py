"""Weight maps of the losses that need one: one file a map, found by the name that the loss gives in ``weight_map``.

A module here has a function ``weight_map(mask, **settings) -> M H W float32`` and a ``VERSION`` that is raised when
its values change. ``mask`` H W: 1 is the structure, 0 the objects between, any other value takes no part. The
"objects" are the 4-connected components of class 0. ``skeleton`` and ``boundary`` take masks of any number of classes,
H W or D H W, and the value to leave out among their settings.

A map is made from the whole image and cropped with it. It holds distances in pixels: it may be flipped and turned
by quarters with the image, but not scaled.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cwmi_seg.mistakes import Mistake
from cwmi_seg.weight_maps import abw, boundary, skea_topo, skeleton, unet

__all__ = ["MapGenerator", "abw", "boundary", "filled_in", "map_generator", "skea_topo", "skeleton", "unet"]


def filled_in(settings: Mapping[str, object], num_classes: int) -> dict[str, object]:
    """Fill the number of classes into the settings of a loss that leaves it open (``num_classes: None``)."""
    return {k: num_classes if k == "num_classes" and value is None else value for k, value in settings.items()}


class MapGenerator(Protocol):
    """A module of this package that makes one kind of map."""

    VERSION: int
    weight_map: Callable[..., NDArray[np.float32]]


def map_generator(name: str) -> MapGenerator:
    """Find the module of one map.

    Raises:
        ValueError: There is none of that name.
    """
    names = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
    if name not in names:
        raise Mistake(f"weight_map: expected one of {', '.join(names)}, got {name}; add {name}.py to weight_maps.")
    return cast(MapGenerator, import_module(f"{__name__}.{name}"))
