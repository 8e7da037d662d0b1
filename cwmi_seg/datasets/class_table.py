"""The classes of a mask as a person names them: by value, by colour or by name, on the command line or in a file."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cwmi_seg.mistakes import Mistake

IGNORED = 255
"""Class number of ignored pixels in a prepared mask."""
IGNORE = "ignore"
"""Name of a class that takes no part."""
CLASS_FILES = ("_classes.csv", "classes.csv", "class_dict.csv", "label_colors.txt", "labelmap.txt", "class_names.csv")
"""Names under which downloads have such a file."""
_COLOUR = re.compile(r"(\d{1,3})/(\d{1,3})/(\d{1,3})")
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class ClassTable:
    """Class number of each value or of each colour (one of the two is empty), names and colours by class number."""

    values: Mapping[int, int]
    colours: Mapping[Colour, int]
    names: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """The number of classes, ignored pixels aside."""
        return len(self._numbers())

    def __post_init__(self) -> None:
        found = self._numbers()
        if self.values and self.colours:
            raise Mistake("classes: expected values or colours, got both; name all by colours, as in {0/0/0: 0}.")
        if found != list(range(len(found))) or len(found) < 2 or len(found) > IGNORED:
            raise Mistake(
                f"classes: expected the classes 0, 1, ... without a gap, at least two, got {found}; renumber."
            )

    def _numbers(self) -> list[int]:
        return sorted({*self.values.values(), *self.colours.values()} - {IGNORED})

    def class_colours(self) -> tuple[Colour, ...]:
        """The first colour of each class, by class number; empty where values name the classes."""
        first = {number: colour for colour, number in reversed(list(self.colours.items()))}
        return tuple(first[number] for number in range(self.num_classes)) if self.colours else ()


def class_table(classes: Mapping[object, object] | str) -> ClassTable:
    """Read the argument ``classes``.

    Args:
        classes: Class number or name of each value (``{0: 0, 255: 1}``) or colour (``{0/0/0: sky, 128/64/128: road}``);
            names are numbered in their order, and ``ignore`` takes no part. Or a csv with the columns name, r, g, b, or
            value, name, or a text file with lines such as ``128 64 128 Road``.

    Raises:
        FileNotFoundError: No such file.
        ValueError: The classes are none.
    """
    rows = _rows_of_file(Path(classes).expanduser()) if isinstance(classes, str) else _rows(classes)
    numbers: dict[str, int] = {}
    values: dict[int, int] = {}
    colours: dict[Colour, int] = {}
    for key, name in rows:
        number = name if isinstance(name, int) else _numbered(name, numbers)
        if isinstance(key, int):
            values[key] = number
        else:
            colours[key] = number
    return ClassTable(values, colours, tuple(numbers))


def _numbered(name: str, numbers: dict[str, int]) -> int:
    return IGNORED if name == IGNORE else numbers.setdefault(name, len(numbers))


def as_value(value: object, argument: str) -> int | Colour:
    """A pixel value, or a colour written as ``128/64/128``.

    Raises:
        ValueError: it is neither.
    """
    if match := _COLOUR.fullmatch(str(value).strip()):
        red, green, blue = map(int, match.groups())
        return red, green, blue
    try:
        return int(value)  # type: ignore[call-overload]
    except (ValueError, TypeError):
        raise Mistake(f"{argument}: expected a pixel value or a colour as 128/64/128, got {value}; mend it.") from None


def _rows(classes: Mapping[object, object]) -> Sequence[tuple[int | Colour, int | str]]:
    try:
        return [(as_value(key, "classes"), _number_or_name(number)) for key, number in classes.items()]
    except (AttributeError, ValueError, TypeError):
        raise Mistake(
            f"classes: expected a class number for each pixel value, got {classes}; use for example {{0: 0, 255: 1}}, "
            "or {0/0/0: sky, 128/64/128: road} for colours and names."
        ) from None


def _number_or_name(number: object) -> int | str:
    if isinstance(number, str) and not re.fullmatch(r"[+-]?\d+", number.strip()):
        return number.strip()
    return int(number)  # type: ignore[call-overload]


def _rows_of_file(path: Path) -> Sequence[tuple[int | Colour, int | str]]:
    if not path.is_file():
        raise FileNotFoundError(
            f"classes: expected {{VALUE: CLASS}}, or a file with name, r, g, b, got {path}; check the path."
        )
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    found = [row for line in lines if (row := _row_of_line(line))]
    if not found:
        raise Mistake(f"{path}: expected lines as 'road,128,64,128' or '128 64 128 road', got none; mend the file.")
    return found


def _row_of_line(line: str) -> tuple[int | Colour, str] | None:
    """``road,128,64,128``, ``128 64 128 road`` or ``7,road``; None for a heading or an empty line."""
    delimiter = max(",;\t", key=line.count)  # a name may have more spaces than there are commas
    delimiter = delimiter if delimiter in line else " "
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), []) if cell.strip()]
    words = [word for cell in cells for word in cell.split()] if delimiter in "\t " else cells
    numbers = [int(word) for word in words if word.isdecimal()]
    names = [word for word in words if not word.isdecimal()]
    if len(numbers) == 1 and names:
        return numbers[0], " ".join(names)
    if len(numbers) < 3 or not names:
        return None
    red, green, blue = numbers[-3:] if words[-1].isdecimal() else numbers[:3]
    return (red, green, blue), " ".join(names)
