"""Where the configuration files lie."""

from pathlib import Path


def conf_dir() -> str:
    """Absolute path of ``conf``: inside the package in a wheel, beside it in a checkout or an editable install."""
    packed = Path(__file__).resolve().parent / "conf"
    return str(packed if packed.is_dir() else packed.parent.parent / "conf")
