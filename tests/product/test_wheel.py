"""The wheel as an installed package: it brings its configs, and trains from any folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cwmi_seg
from tests.conftest import TINY

CHECKOUT = Path(cwmi_seg.__file__).parents[1]


@pytest.fixture(scope="session")
def unpacked_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_every_config_and_data_file_is_packed(unpacked_wheel: Path) -> None:
    configs = {path.relative_to(CHECKOUT / "conf") for path in (CHECKOUT / "conf").rglob("*.yaml")}
    packed = unpacked_wheel / "cwmi_seg" / "conf"
    assert {path.relative_to(packed) for path in packed.rglob("*.yaml")} == configs
    files = {path.relative_to(CHECKOUT) for path in (CHECKOUT / "cwmi_seg").rglob("*") if path.is_file()}
    data = {path for path in files if "__pycache__" not in path.parts and path.suffix != ".py"}
    assert {path.suffix for path in data} >= {".csv", ".css", ".j2", ".typed"}
    assert [path for path in data if not (unpacked_wheel / path).is_file()] == []


@pytest.mark.slow
def test_it_trains_in_an_empty_folder(unpacked_wheel: Path, in_empty_folder: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(unpacked_wheel)!r}); from cwmi_seg.commands.train import main; main()"
    command = [sys.executable, "-P", "-c", code, "loss=dice", *TINY, "trainer=debug"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "next     cwmi-evaluate run=outputs/runs/synthetic-unet-dice-f0-s0-" in done.stdout
