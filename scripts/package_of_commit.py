"""The package as it was at a commit, imported beside that of today, for comparisons in one process."""

import io
import subprocess
import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType

NAME = "cwmi_seg_before"


def module_of_commit(commit: str, module: str) -> ModuleType:
    """``cwmi_seg.MODULE`` of a commit; its package is called ``cwmi_seg_before`` here."""
    if NAME not in sys.modules:
        folder = Path(tempfile.mkdtemp(prefix=f"{NAME}_"))
        archive = subprocess.run(["git", "archive", commit, "cwmi_seg"], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        (folder / "cwmi_seg").rename(folder / NAME)
        for path in (folder / NAME).rglob("*.py"):
            path.write_text(path.read_text().replace("cwmi_seg", NAME))
        sys.path.insert(0, str(folder))
    return import_module(f"{NAME}.{module}")
