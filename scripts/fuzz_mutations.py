"""Valid command lines of every command, and the ways in which ``fuzz_commands.py`` changes them."""

import random
from collections.abc import Callable, Iterator
from typing import Any

SMALL = (
    "experiment=smoke", "loss=dice", "dataset.images.size=32", "dataset.images.num_train=4", "model.width=2",
    "augmentation=none", "callbacks.overlays=null", "callbacks.progress=null",
)  # fmt: skip
PREPARED = (
    "dataset=folder", "loss=dice", "model.width=2", "trainer=debug", "logger=none", "data.batch_size=2",
    "augmentation=none", "callbacks.overlays=null", "callbacks.progress=null", "study=prepared",
)  # fmt: skip
VALID = {
    "train": (
        SMALL,
        (*SMALL, "seed=1", "optimizer.lr=1e-3", "trainer.gradient_clip_val=null"),
        (*SMALL, "loss=cwmi", "scheduler=cosine", "data.crops_per_image=2", "dataset.crop_size=[32,32]"),
        (*SMALL, "optimizer=sgd", "metrics=surface_dice", "dataset.split=kfold", "fold=1", "logger=csv"),
        (*PREPARED, "dataset.images.root=data/folder", "dataset.crop_size=[16,16]", "seed=2"),
        (*SMALL, "-m", "seed=0,1", "loss=dice,cross_entropy"),
    ),
    "evaluate": (("run=run", "part=val", "out=scores"), ("predictions=masks", "targets=masks", "num_classes=2")),
    "predict": (
        ("run=run", "images=images", "out=predicted", "tile=64", "overlap=32"),
        ("study=smoke", "images=[images]", "out=predicted", "flips=true", "overwrite=true", "accelerator=cpu"),
    ),
    "prepare": (("dataset=folder", "raw=raw", "overwrite=true"), ("dataset=folder", "check=true", "paths.data=data")),
    "report": (
        ("study=smoke", "baseline=dice", "wandb=false", "show=[miou]"),
        ("results=outputs/studies/smoke/report",),
    ),
    "runs": (("study=smoke", "states=[done,failed]"), ("paths.output=outputs",)),
    "export": (("run=run", "out=exported", "onnx=false"),),
}  # fmt: skip
"""Command to lines that it accepts."""
ODD = (
    "null", "true", "-1", "0", "1.5", "1e400", "nan", "999", "''", "' '", "a,b", "[]", "[1,2,3]", "{}", "{a:1}",
    "[[1],{b:2}]", "???", "'${x}'", "'${seed}'", "'${oc.env:HOME_}'", "abc", "a=b", "ä", "'\\x00'", "*", "../x", "~",
    "choice(1,2)", "range(3)", "glob(*)", "interval(0,1)", "'${run_folder}'", "int(1)", "sort(3,1)",
)  # fmt: skip
FLAGS = (
    "-m", "--multirun", "--info", "--info=all", "--info=config", "-cn", "-cn=predict", "-cn=nothing", "--cfg",
    "--cfg=job", "--cfg=all", "--resolve", "--package=loss", "--run", "--help", "--hydra-help", "--version",
    "--config-dir=images",
    "--config-dir=nothing", "-cd", "-cp", "-cp=images", "--config-path=nothing", "--shell-completion", "-x", "--", "-p",
    "--experimental-rerun=nothing", "-h", "-sc", "install=bash",
)  # fmt: skip


def mutated(command: str, number: int, seed: int) -> list[str]:
    """The line of this number: a valid one, changed in one place to three."""
    draw = random.Random(f"{seed} {command} {number}")
    line = list(draw.choice(VALID[command]))
    for _ in range(draw.randint(1, 3)):
        line = draw.choice(MUTATIONS)(line, draw, command)
    return line


def _delete(line: list[str], draw: random.Random, _: str) -> list[str]:
    gone = draw.randrange(len(line) or 1)
    return [word for i, word in enumerate(line) if i != gone]


def _double(line: list[str], draw: random.Random, _: str) -> list[str]:
    return [*line, draw.choice(line)] if line else line


def _swap(line: list[str], draw: random.Random, _: str) -> list[str]:
    """Two words, or the values of two."""
    if len(line) < 2:
        return line
    line, (i, j) = list(line), draw.sample(range(len(line)), 2)
    (a, _, x), (b, _, y) = line[i].partition("="), line[j].partition("=")
    line[i], line[j] = (line[j], line[i]) if draw.random() < 0.5 else (f"{a}={y}", f"{b}={x}")
    return line


def _odd_value(line: list[str], draw: random.Random, _: str) -> list[str]:
    return _changed(line, draw, lambda word: f"{word.partition('=')[0]}={draw.choice(ODD)}")


def _odd_key(line: list[str], draw: random.Random, command: str) -> list[str]:
    """A key of the whole config, a group, or one that is none, with an odd value."""
    key = draw.choice(
        (*keys(command), "x", "loss.x", "hydra.x", "hydra/launcher", "loss@x", "a.b.c", "dataset@_global_")
    )
    return [*line, f"{draw.choice(('', '', '+', '++'))}{key}={draw.choice(ODD)}"]


def _removed_key(line: list[str], draw: random.Random, command: str) -> list[str]:
    return [*line, f"~{draw.choice((*keys(command), 'x'))}{draw.choice(('', '', '=1'))}"]


def _prefix(line: list[str], draw: random.Random, _: str) -> list[str]:
    return _changed(line, draw, lambda word: draw.choice(("+", "++", "~", "+++", "-", "=")) + word)


def _letter(line: list[str], draw: random.Random, _: str) -> list[str]:
    def typo(word: str) -> str:
        place = draw.randrange(len(word) + 1)
        return (
            word[:place]
            + draw.choice(("", "x", "=", ",", "[", "}", "$", ".", "/", "@", ":", "'", "\\", " "))
            + word[place + 1 :]
        )

    return _changed(line, draw, typo)


def _flag(line: list[str], draw: random.Random, _: str) -> list[str]:
    place = draw.randrange(len(line) + 1)
    return [*line[:place], draw.choice(FLAGS), *line[place:]]


def _sweep(line: list[str], draw: random.Random, _: str) -> list[str]:
    return ["-m", *_changed(line, draw, lambda word: f"{word},{draw.choice(ODD)}")]


def _changed(line: list[str], draw: random.Random, change: Callable[[str], str]) -> list[str]:
    place = draw.randrange(len(line) or 1)
    return [change(word) if i == place else word for i, word in enumerate(line)]


MUTATIONS = (
    _delete, _double, _swap, _odd_value, _odd_key, _odd_key, _odd_key, _removed_key, _prefix, _letter, _flag, _sweep,
)  # fmt: skip


def keys(command: str, known: dict[str, list[str]] = {}) -> list[str]:  # noqa: B006
    """Every dotted key of the command's config, and those of the nodes above."""
    if command not in known:
        from hydra import compose, initialize_config_dir

        from cwmi_seg.config.conf_dir import conf_dir
        from cwmi_seg.config.schemas import register_schemas

        register_schemas()
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            overrides = list(VALID[command][0][:1]) if command == "train" else []
            config = compose(command, overrides, return_hydra_config=False)
        known[command] = sorted(_dotted(config, ""))
    return known[command]


def _dotted(node: Any, prefix: str) -> Iterator[str]:
    from omegaconf import DictConfig, OmegaConf

    for key in node:
        yield f"{prefix}{key}"
        inner = None if OmegaConf.is_missing(node, key) or OmegaConf.is_interpolation(node, key) else node[key]
        if isinstance(inner, DictConfig):
            yield from _dotted(inner, f"{prefix}{key}.")
