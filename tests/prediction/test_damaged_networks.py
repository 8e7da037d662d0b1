"""Damaged checkpoints and bundles: one line that names file and repair, and no network larger than its weights."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from cwmi_seg.datasets.dataset_json import save_info
from cwmi_seg.mistakes import Mistake
from cwmi_seg.models.unet import UNet
from cwmi_seg.prediction.bundle import load_model, save_bundle
from cwmi_seg.prediction.networks import load_network
from cwmi_seg.prediction.pixel_model import PixelModel
from tests.support.networks import dataset_info

UNET: dict[str, Any] = {"_target_": "cwmi_seg.models.unet.UNet", "width": 2}
Damage = Callable[[Path], object]


def network() -> PixelModel:
    info = dataset_info()
    return PixelModel(UNet(info.channels, info.num_classes, width=2), info)


def run_folder(folder: Path) -> Path:
    """As a training leaves it, as far as a prediction needs it."""
    folder.mkdir()
    OmegaConf.save(OmegaConf.create({"model": UNET}), folder / "config.yaml")
    save_info(dataset_info(), folder)
    torch.save(checkpoint(), folder / "best.ckpt")
    return folder


def checkpoint() -> dict[str, Any]:
    return {"epoch": 0, "state_dict": {f"model.{name}": v for name, v in network().model.state_dict().items()}}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def weights(change: Callable[[dict[str, Any]], object]) -> Damage:
    def damage(path: Path) -> None:
        content = checkpoint()
        change(content["state_dict"])
        torch.save(content, path)

    return damage


def first_renamed(state: dict[str, Any]) -> None:
    name = next(iter(state))
    state[f"{name}_x"] = state.pop(name)


def first_reshaped(state: dict[str, Any]) -> None:
    name = next(iter(state))
    state[name] = state[name][:1]


def changed(**parts: Any) -> Damage:
    def damage(path: Path) -> None:
        content = json.loads(path.read_text())
        for key, value in parts.items():
            content[key] = {**content[key], **value} if isinstance(value, dict) else value
        path.write_text(json.dumps(content))

    return damage


CHECKPOINTS: dict[str, Damage] = {
    "cut": cut,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 8),
    "another zip": lambda path: path.write_bytes(b"PK\x05\x06" + bytes(18)),
    "a list": lambda path: torch.save([1], path),
    "no weights": lambda path: torch.save({"epoch": 0}, path),
    "no weights in it": lambda path: torch.save({"epoch": 0, "state_dict": {}}, path),
    "weights of no names": lambda path: torch.save({"epoch": 0, "state_dict": [1, 2]}, path),
    "another name": weights(first_renamed),
    "one missing": weights(lambda state: state.pop(next(iter(state)))),
    "another shape": weights(first_reshaped),
    "no tensor": weights(lambda state: state.update(dict.fromkeys(state, 1))),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_damaged_checkpoint_is_named_with_the_repair(tmp_path: Path, name: str) -> None:
    folder = run_folder(tmp_path / "run")
    assert load_network(folder).info.channels == 1
    CHECKPOINTS[name](folder / "best.ckpt")
    with pytest.raises(Mistake, match=re.escape(str(folder / "best.ckpt"))) as raised:
        load_network(folder)
    assert re.search(r"; .*(train|copy)", str(raised.value))


RUN_FILES: dict[str, tuple[str, Damage]] = {
    "another number of classes": ("best.ckpt", changed(num_classes=5)),
    "no number of classes": ("dataset.json", changed(num_classes="two")),
    "mean of other channels": ("dataset.json", changed(mean=[1, 2, 3, 4])),
    "cut": ("dataset.json", cut),
    "no model": ("config.yaml", lambda path: path.with_name("config.yaml").write_text("seed: 0\n")),
}


@pytest.mark.parametrize("name", RUN_FILES)
def test_a_damaged_record_of_a_run_is_named(tmp_path: Path, name: str) -> None:
    folder, (named, damage) = run_folder(tmp_path / "run"), RUN_FILES[name]
    damage(folder / "dataset.json")
    with pytest.raises(Mistake, match=re.escape(str(folder / named))):
        load_network(folder)


BUNDLES: dict[str, tuple[str, str, Damage]] = {
    "cut weights": ("model.safetensors", "model.safetensors", cut),
    "empty weights": ("model.safetensors", "model.safetensors", lambda path: path.write_bytes(b"")),
    "garbage": ("model.safetensors", "model.safetensors", lambda path: path.write_bytes(b"\xff" * 999)),
    "another width": ("model.json", "model.safetensors", changed(model={"width": 4})),
    "other classes": ("model.json", "model.safetensors", changed(model={"num_classes": 3})),
    "another argument": ("model.json", "model.json", changed(model={"wide": 4})),
    "an argument that cannot be": ("model.json", "model.json", changed(model={"width": "x"})),
    "another network": ("model.json", "model.json", changed(model={"_target_": "torch.nn.Linear"})),
    "no network": ("model.json", "model.json", changed(model=3)),
    "no dataset": ("model.json", "model.json", changed(dataset=[])),
    "no channels": ("model.json", "model.json", changed(dataset={"channels": None})),
    "a list": ("model.json", "model.json", lambda path: path.write_text("[1]")),
    "cut description": ("model.json", "model.json", cut),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_damaged_bundle_is_named_with_the_repair(tmp_path: Path, name: str) -> None:
    save_bundle(network(), UNET, tmp_path)
    assert load_model(tmp_path).info.channels == 1
    damaged, named, damage = BUNDLES[name]
    damage(tmp_path / damaged)
    with pytest.raises(Mistake, match=re.escape(str(tmp_path / named))) as raised:
        load_model(tmp_path)
    assert "export the network again" in str(raised.value)


def test_a_network_far_larger_than_its_weights_is_refused_before_it_is_built(tmp_path: Path) -> None:
    save_bundle(network(), UNET, tmp_path / "bundle")
    changed(model={"width": 100_000})(tmp_path / "bundle" / "model.json")
    with pytest.raises(Mistake, match=r"model\.safetensors: expected .* of shape \(100000, "):
        load_model(tmp_path / "bundle")
    folder = run_folder(tmp_path / "run")
    OmegaConf.save(OmegaConf.create({"model": {**UNET, "width": 100_000}}), folder / "config.yaml")
    with pytest.raises(Mistake, match=r"best\.ckpt: expected .* of shape \(100000, "):
        load_network(folder)


def test_the_weights_of_a_bundle_are_for_all_whom_the_umask_lets(tmp_path: Path) -> None:
    save_bundle(network(), UNET, tmp_path)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes["model.safetensors"] == modes["model.json"]
