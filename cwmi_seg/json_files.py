"""Small JSON files that a reader never sees half written."""

import json
from pathlib import Path
from typing import Any

from cwmi_seg.atomic import write_text


def write_json(path: Path, data: Any) -> None:
    """Replace the content of ``path``."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The content, or None where there is no file or no valid JSON in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
