"""Colours and names of classes, the same in every picture: those of the dataset, else colours that differ."""

from collections.abc import Sequence

Colour = tuple[int, int, int]

PALETTE: tuple[Colour, ...] = (
    (0, 0, 0), (220, 40, 40), (60, 100, 255), (240, 200, 40), (40, 190, 90), (190, 80, 220), (40, 200, 220),
    (245, 130, 30), (150, 220, 60), (255, 150, 190), (0, 120, 110), (150, 80, 40), (170, 170, 255), (130, 0, 60),
    (255, 225, 160), (95, 95, 95), (0, 60, 150), (185, 255, 200), (105, 110, 0), (255, 70, 150), (110, 60, 160),
    (180, 180, 180), (0, 90, 40), (255, 110, 100), (20, 150, 200), (200, 160, 90), (95, 0, 0), (215, 200, 255),
    (120, 160, 140), (160, 40, 255), (255, 255, 90), (60, 60, 90),
)  # fmt: skip
"""Black for class 0, then 31 colours that a reader tells apart."""


def colours_of(num_classes: int, given: Sequence[Sequence[int]] = ()) -> list[Colour]:
    """A colour for each class: those that the dataset gives, else ``PALETTE``, which repeats beyond 32 classes."""
    if len(given) == num_classes:
        # within a byte, for whoever wrote the dataset.json
        return [(_byte(red), _byte(green), _byte(blue)) for red, green, blue in given]
    palette = (*PALETTE[:1], *(PALETTE[1 + i % (len(PALETTE) - 1)] for i in range(num_classes - 1)))
    return list(palette)


def _byte(value: int) -> int:
    return min(max(int(value), 0), 255)


def names_of(num_classes: int, given: Sequence[str] = ()) -> list[str]:
    """A name for each class: those that the dataset gives, else ``class 0``, ``class 1``, ..."""
    return list(given) if len(given) == num_classes else [f"class {c}" for c in range(num_classes)]
