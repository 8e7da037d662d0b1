"""Where the Hydra configs lie."""

from pathlib import Path


def conf_dir() -> Path:
    """The packed configs of an installed package, else the folder ``conf`` of the checkout."""
    package = Path(__file__).parents[1]
    packed = package / "conf"
    return packed if packed.is_dir() else package.parent / "conf"
