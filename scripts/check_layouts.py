"""What cwmi-prepare understands of folders as people have them, and what it refuses: one line for each, as markdown.

    python scripts/check_layouts.py

Every layout of ``tests/support/layouts.py`` is written into a folder of its own and prepared by the command that is
shown; the prepared pixels are compared with those that were written.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from cwmi_seg.datasets.folder import ImageFolder
from cwmi_seg.datasets.preparation import prepare
from cwmi_seg.datasets.prepared import PreparedImages
from tests.datasets.test_wrong_layouts import WRONG
from tests.support.layouts import LAYOUTS, Expected


def arguments(said: tuple[str, ...]) -> dict[str, object]:
    """Overrides of the preparer as arguments."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    overrides = OverridesParser.create().parse_overrides(list(said))
    own = (each for each in overrides if each.key_or_group.startswith("dataset.preparer."))
    return {each.key_or_group.rpartition(".")[2]: each.value() for each in own}


def differing(root: Path, expected: Expected) -> int:
    """Images whose pixels or mask are others than those that were written."""
    images = PreparedImages(root)
    wanted = {name.lower(): pixels for name, pixels in expected.items()}
    if {image.name.lower() for image in images.info.images} != wanted.keys():
        return len(wanted)
    pairs = (
        zip(images.read(index), wanted[image.name.lower()], strict=True)
        for index, image in enumerate(images.info.images)
    )
    return sum(any(not np.array_equal(found, right) for found, right in pair) for pair in pairs)


def show_understood(folder: Path) -> None:
    print("| layout | said besides raw= | understood | images that differ | s |\n|---|---|---|--:|--:|")
    for write, said in LAYOUTS.items():
        raw, target = folder / write.__name__, folder / "data" / write.__name__
        expected, start = write(raw), time.perf_counter()
        done = prepare(ImageFolder(**arguments(said)), raw, target)  # type: ignore[arg-type]
        seconds = time.perf_counter() - start
        understood = done.understood[0].replace("|", "\\|") if done.understood else "as it was asked"
        words = " ".join(said) or "nothing"
        print(f"| {write.__name__} | {words} | {understood} | {differing(target, expected)} | {seconds:.2f} |")


def show_refused(folder: Path) -> None:
    print("\n| layout | said besides raw= | line |\n|---|---|---|")
    for number, (write, said, _) in enumerate(WRONG):
        raw = folder / f"wrong_{number}"
        write(raw)
        words = {key: value for key, value in (each.split("=", 1) for each in said) if key in ("groups", "tags")}
        if any(each.startswith("name=") for each in said):
            continue  # of the command, not of the preparation
        try:
            prepare(ImageFolder(**arguments(said)), raw, folder / "data" / "wrong", **_unquoted(words))  # type: ignore[arg-type]
            line = "accepted"
        except (OSError, ValueError) as error:
            line = str(error).replace(f"{raw}/", "").replace(str(raw), "raw").replace("|", "\\|")
        print(f"| {write.__name__} | {' '.join(said) or 'nothing'} | {line} |")


def _unquoted(words: dict[str, str]) -> dict[str, str]:
    return {key: value.strip("'") for key, value in words.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        show_understood(Path(name))
        show_refused(Path(name))
