"""Folders compared as a whole."""

import hashlib
from pathlib import Path


def listing(root: Path) -> dict[str, str]:
    """Every path below ``root`` with what it holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        kind = "link" if path.is_symlink() else "folder" if path.is_dir() else ""
        found[str(path.relative_to(root))] = kind or hashlib.sha256(path.read_bytes()).hexdigest()
    return found
