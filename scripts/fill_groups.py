"""Write the group of every test image into results/*/images.csv.gz, whose runs were made before runs kept it.

    python -m scripts.fill_groups

The groups are those that the preparers of the datasets give, which the names of the images tell: the two eyes of a
person (CHASE_DB1), a block of neighbouring slices (SNEMI3D's format), each photograph by itself (TopoMortar).
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from cwmi_seg.datasets.snemi3d import SNEMI3D
from cwmi_seg.reporting.records import IMAGES, RUNS, save_table
from cwmi_seg.study.run_tables import GROUP

RESULTS = Path(__file__).parents[1] / "results"


def person(name: str) -> str:
    """``01`` of ``01L`` and ``01R``."""
    return name[:-1]


def block(name: str) -> str:
    """``block_001`` of ``slice_010`` to ``slice_019``."""
    return SNEMI3D().group(int(name.removeprefix("slice_")))


GROUPS: dict[str, Callable[[str], str]] = {"chase_db1": person, "snemi3d": block, "topomortar": str}


def filled(folder: Path) -> pd.DataFrame:
    """The scores of the test images as text, as they are in the file, with their groups behind their names."""
    images = pd.read_csv(folder / IMAGES, dtype=str, keep_default_na=False)
    dataset = images["run"].map(pd.read_csv(folder / RUNS, dtype=str).set_index("run")["dataset"])
    if not set(dataset) <= set(GROUPS):  # made since runs keep the groups
        return images
    groups = [GROUPS[name](image) for name, image in zip(dataset, images["name"], strict=True)]
    images = images.drop(columns=GROUP, errors="ignore")
    images.insert(2, GROUP, groups)
    return images


def main() -> None:
    for path in sorted(RESULTS.glob(f"*/{IMAGES}")):
        save_table(filled(path.parent), path)


if __name__ == "__main__":
    main()
