"""Where the Hydra configs lie."""

from pathlib import Path


def conf_dir() -> Path:
    """The packed configs of an installed package, else the folder ``conf`` of the checkout."""
    packed = Path(__file__).parent / "conf"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "conf"
