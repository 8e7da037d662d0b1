"""Small files that would fill memory or disk: one line, exit status 1, and memory bounded, in a process of its own."""

import gzip
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from cwmi_seg.config.growth import refuse_growth
from cwmi_seg.datasets.archive import unpacked
from cwmi_seg.datasets.dataset_json import load_info
from cwmi_seg.datasets.size_limit import VARIABLE, HugeImageError, open_bounded, refuse_huge
from cwmi_seg.files.checkpoint_files import refuse_bomb as refuse_checkpoint
from cwmi_seg.files.csv_files import read_table
from cwmi_seg.files.json_files import parse_json
from cwmi_seg.files.stored_yaml import load_stored
from cwmi_seg.loading.splits import read_split
from cwmi_seg.mistakes import Mistake
from cwmi_seg.prediction.bundle import load_model
from tests.support.fake_data import save, write_folder
from tests.support.fake_study import grid, write_study
from tests.support.measured import measured
from tests.support.networks import Run, grey, network

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
REFERENCES = "b0: xxxxxxxx\n" + "".join(f"b{n}: ${{b{n - 1}}}${{b{n - 1}}}\n" for n in range(1, 40))
PEAK = 1200
"""MiB that a command may take; torch alone takes about half of it."""


def refused(*command: str, folder: Path) -> str:
    """The line in which a command refuses a bomb, having taken no more than ``PEAK``."""
    if sys.platform != "linux":
        pytest.skip("the peak is read from /proc")
    status, shown, peak = measured(*command, folder=folder)
    print(f"{command[0]}: {peak} MiB, {shown.strip()}")
    assert (status, shown.count("\n")) == (1, 1), shown
    assert peak < PEAK
    return shown


def huge_png(path: Path, side: int = 100_000) -> Path:
    """A head that declares ``side`` x ``side`` grey pixels, and some of them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = zlib.compress(bytes(10**7))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", content) + chunk(b"IEND", b""))
    return path


def zip_of_zeros(path: Path, names: Sequence[str], size: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, bytes(size))
    return path


def test_a_config_of_a_run_is_bounded(run: Run, tmp_path: Path) -> None:
    folder = run()
    save(tmp_path / "in" / "a.png", grey(16, 16))
    (folder / "config.yaml").write_text(LAUGHS)
    line = refused("predict", f"run={folder}", "images=in", "out=out", "accelerator=cpu", folder=tmp_path)
    assert "config.yaml: expected a config of at most 1,048,576 characters with its aliases written out, got" in line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: " + "[" * 60 + "]" * 60, "expected at most 50 levels"),
        ("a: " + "[" * 5000 + "]" * 5000, "cannot be read as YAML"),
        ("a: &a [*a]", r"expected \*a to stand for a value that ends before it"),
        ("a: *b", r"expected \*b to stand for a value"),
        ("a: {b: [", "cannot be read as YAML"),
        ("a: 'x\x00'", "cannot be read as YAML"),
        ("a: x" + "x" * 2**20, "expected a config of at most"),
        ("a: &a [x, x]\n" + "".join(f"b{n}: *a\n" for n in range(40_000)), "expected a config of at most"),
    ],
    ids=["depth", "more depth", "circle", "unknown alias", "cut", "zero byte", "size", "many aliases"],
)
def test_a_damaged_or_large_config_is_one_line(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"config.yaml: {reason}") as raised:
        load_stored(tmp_path / "config.yaml")
    assert "\n" not in str(raised.value)


def test_a_stored_config_with_references_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{REFERENCES}c: &c {{lr: 1e-4, 3: null}}\nd: *c\n")
    found = load_stored(tmp_path / "a.yaml")
    assert found["b39"] == "${b38}${b38}"
    assert found["d"] == {"lr": 1e-4, 3: None}


@pytest.mark.parametrize("text", [LAUGHS, REFERENCES], ids=["aliases", "references"])
def test_a_config_of_the_command_line_is_bounded(text: str, tmp_path: Path) -> None:
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / "conf/experiment/bomb.yaml").write_text("# @package model\n" + text.replace("${", "${model."))
    line = refused("train", "--config-dir=conf", "experiment=bomb", folder=tmp_path)
    assert "do not trust this" in line


def test_references_count_what_they_stand_for() -> None:
    refuse_growth({"a": "x" * 1000, "b": ["${a}", "${..a}"], "c": {"d": "${.e}", "e": "${b[0]}"}, "f": "${f}"})
    with pytest.raises(ValueError, match=r"d: expected at most .* got 2,0"):
        refuse_growth({"a": "x" * 1000, "b": ["${a}"] * 1000, "c": "${b}", "d": "${c}${b}"})
    with pytest.raises(ValueError, match="expected at most"):
        refuse_growth({"a": {"x": "y" * 2**19, "z": ["${..x}${..x}"]}})


def test_an_archive_is_bounded_by_its_own_size(tmp_path: Path) -> None:
    bomb = zip_of_zeros(tmp_path / "raw.zip", ["images/a.png", "masks/a.png"], 160 * 2**20)
    assert bomb.stat().st_size < 400_000
    line = refused("prepare", "dataset=folder", f"raw={bomb}", folder=tmp_path)
    assert "raw.zip: expected an archive that unpacks to at most 105 MB, 100 times its size, got 336 MB" in line
    assert not (tmp_path / "data").exists()


def test_an_honest_archive_is_unpacked(tmp_path: Path) -> None:
    path = zip_of_zeros(tmp_path / "raw.zip", ["masks/a.bmp"], 10 * 2**20)
    assert (unpacked(path, tmp_path / "raw") / "masks/a.bmp").stat().st_size == 10 * 2**20


HEAD = b"run,study,dataset,model,settings,loss,label,hash,state,reason,fold,seed\n"


@pytest.mark.slow
def test_the_records_of_a_results_folder_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/runs.csv").write_bytes(HEAD)
    with gzip.open(tmp_path / "results/images.csv.gz", "wb", 1) as file:
        file.write(b"run,name\n")
        for _ in range(1000):
            file.write(b"a,b\n" * 2**18)  # a gigabyte in all
    line = refused("report", "results=results", folder=tmp_path)
    assert "images.csv.gz: expected a table of at most 67,108,864 bytes" in line


def test_the_columns_of_a_table_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"," * 2**17)
    with pytest.raises(ValueError, match=r"a\.csv: expected a first line of at most 65,536 bytes"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n1\n")[:-9])
    with pytest.raises(ValueError, match=r"a\.csv\.gz: cannot be unpacked"):
        read_table(tmp_path / "a.csv.gz")


def test_the_limit_of_tables_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n" + b"1\n" * 500))
    monkeypatch.setenv("CWMI_MAX_TABLE_BYTES", "1000")
    with pytest.raises(ValueError, match=r"a\.csv\.gz: expected a table of at most 1,000 bytes"):
        read_table(tmp_path / "a.csv.gz")
    monkeypatch.setenv("CWMI_MAX_TABLE_BYTES", "1002")
    assert len(read_table(tmp_path / "a.csv.gz")) == 500
    monkeypatch.setenv("CWMI_MAX_TABLE_BYTES", "64MB")
    with pytest.raises(Mistake, match="CWMI_MAX_TABLE_BYTES: expected a whole number of bytes, got 64MB; unset it"):
        read_table(tmp_path / "a.csv.gz")


@pytest.mark.slow
def test_a_checkpoint_takes_the_memory_of_its_file(run: Run, tmp_path: Path) -> None:
    folder = run()
    save(tmp_path / "in" / "a.png", grey(16, 16))
    torch.save({"state_dict": {"model.x": torch.zeros(2**27)}}, tmp_path / "honest")
    with (
        zipfile.ZipFile(tmp_path / "honest") as archive,
        zipfile.ZipFile(folder / "best.ckpt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
    ):
        for entry in archive.infolist():
            bomb.writestr(entry.filename, archive.read(entry))
    assert (folder / "best.ckpt").stat().st_size < 2**29 / 100
    line = refused("predict", f"run={folder}", "images=in", "out=out", "accelerator=cpu", folder=tmp_path)
    assert "best.ckpt: expected a checkpoint as PyTorch writes it, uncompressed, got a file of" in line


@pytest.mark.parametrize("content", [b"", b"x" * 1000])
def test_what_is_no_checkpoint_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.ckpt: cannot be read as a checkpoint"):
        refuse_checkpoint(tmp_path / "a.ckpt")


def test_a_checkpoint_of_torch_is_taken(tmp_path: Path) -> None:
    torch.save({"state_dict": {"a": torch.zeros(10)}, "epoch": 3}, tmp_path / "a.ckpt")
    refuse_checkpoint(tmp_path / "a.ckpt")


@pytest.mark.parametrize("depth", [60, 900, 200_000])
def test_deep_json_is_refused_and_never_a_recursion(depth: int, tmp_path: Path) -> None:
    text = '{"version": 1, "model": ' + "[" * depth + "]" * depth + "}"
    with pytest.raises(ValueError, match="expected at most 50 levels"):
        parse_json(text)
    assert parse_json(json.dumps({"a": [{"b": [1, "x"]}], "c": {}})) == {"a": [{"b": [1, "x"]}], "c": {}}


@pytest.mark.parametrize("depth", [60, 990, 200_000])
def test_a_deep_description_is_one_line(depth: int, tmp_path: Path) -> None:
    text = '{"version": 1, "images": ' + "[" * depth + "]" * depth + "}"
    for name in ("model.json", "dataset.json", "split.json"):
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=r"dataset\.json: damaged \(expected at most 50 levels"):
        load_info(tmp_path)
    with pytest.raises(ValueError, match=r"model\.json: cannot be read as JSON of few levels"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match=r"split\.json: expected"):
        read_split(tmp_path / "split.json", network().info)


def test_the_declared_size_of_an_image_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = huge_png(tmp_path / "a.png")
    with pytest.raises(
        HugeImageError, match=r"a\.png: expected at most 1,073,741,824 values, got an image of 100000 x"
    ):
        open_bounded(path)
    refuse_huge(path, 2**15, 2**15)
    with pytest.raises(HugeImageError, match=f"x 3; .* set {VARIABLE}=3221225472"):
        refuse_huge(path, 2**15, 2**15, 3)
    monkeypatch.setenv(VARIABLE, str(10**10))
    with open_bounded(path) as image:
        assert image.size == (100_000, 100_000)
    monkeypatch.setenv(VARIABLE, "much")
    with pytest.raises(ValueError, match=f"{VARIABLE}: expected a positive whole number, got much"):
        refuse_huge(path, 1, 1)


def test_a_panel_of_a_stranger_is_bounded(tmp_path: Path) -> None:
    write_study(tmp_path / "outputs", "a", grid(folds=(0,), losses=("dice",)))
    (run_folder,) = (tmp_path / "outputs/runs").iterdir()
    huge_png(run_folder / "overlays/0_00.png")
    assert "0_00.png: expected at most" in refused("report", "study=a", folder=tmp_path)


def test_an_image_to_prepare_is_bounded(tmp_path: Path) -> None:
    write_folder(tmp_path / "raw")
    huge_png(tmp_path / "raw/images/a.png")
    assert "a.png: expected at most 1,073,741,824" in refused("prepare", "dataset=folder", "raw=raw", folder=tmp_path)


def test_an_image_to_predict_is_bounded(run: Run, tmp_path: Path) -> None:
    huge_png(tmp_path / "in/a.png")
    line = refused("predict", f"run={run()}", "images=in", "out=out", "accelerator=cpu", folder=tmp_path)
    assert "a.png expected at most 1,073,741,824 values" in line
