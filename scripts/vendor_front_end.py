"""Fetch the two libraries of the report's page, of the versions named here, and note their checksums.

    python scripts/vendor_front_end.py

Needs npm, whose configuration says where packages come from. The files are committed, so that neither a report nor its
tests need a network; ``tests/reporting/test_vendored.py`` holds them to ``versions.json``.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "cwmi_seg" / "reporting" / "page" / "vendor"
PACKAGES = {
    "uplot@1.6.32": {
        "dist/uPlot.iife.min.js": "uplot.js",
        "dist/uPlot.min.css": "uplot.css",
        "LICENSE": "uplot.LICENSE",
    },
    "sortable-tablesort@4.1.7": {
        "dist/standalone/sortable.min.js": "sortable.js",
        "dist/standalone/sortable.a11y.min.js": "sortable_keys.js",
        "LICENSE": "sortable.LICENSE",
    },
}
"""Name and version of each package to the files that are taken and their names here."""


def main() -> None:
    """Replace the files of the folder ``vendor``."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    notes = {}
    for package, files in PACKAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            packed = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(Path(folder, packed.stdout.split()[-1])) as archive:
                for source, name in files.items():
                    content = archive.extractfile(f"package/{source}")
                    assert content is not None
                    (VENDOR / name).write_bytes(content.read())
                    notes[name] = {"package": package, "file": source, "sha256": digest(VENDOR / name)}
    (VENDOR / "versions.json").write_text(json.dumps(notes, indent=2, sort_keys=True) + "\n")


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
