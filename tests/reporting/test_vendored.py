"""The libraries of the page are those that were taken, unchanged, with their licences."""

import hashlib
import json

from cwmi_seg.reporting.html import PARTS

VENDOR = PARTS / "vendor"


def test_every_file_has_its_checksum() -> None:
    notes = json.loads((VENDOR / "versions.json").read_text())
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    del files["versions.json"]
    assert {name: note["sha256"] for name, note in notes.items()} == files
    packages = {note["package"] for note in notes.values()}
    assert {notes[name]["package"] for name in files if name.endswith(".LICENSE")} == packages
