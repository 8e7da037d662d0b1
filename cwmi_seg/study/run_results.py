"""What a finished run has found: the content of ``results.json``, also of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

from cwmi_seg.files.json_files import read_json, write_json
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.identity import RunIdentity

NAME = "results.json"
FORMAT = 1
"""Of the file. Files without a number are of format 1; a newer one is refused."""


class Score(NamedTuple):
    """Mean and sample standard deviation of a metric over the images.

    A single image has no standard deviation. ``num_images`` says how many images have a value where not all have one.
    """

    mean: float
    std: float | None
    num_images: int | None = None


@dataclass(frozen=True)
class RunResults:
    """The scores of a network, or of masks made by anyone's code, on one part of the images.

    Args:
        test: score of every metric by its name; the metric NAME of the single class c is called ``NAME_c``.
        num_test_images: number of images that were scored.
        best_epoch: epoch, counted from 0, whose weights were scored; None where no checkpoint says it.
        epochs: number of epochs trained.
        train_seconds: time of the training, in seconds.
        test_seconds: time of the test, in seconds.
        versions: of the packages that the numbers were made with.
        identity: of the run; None for masks that no run has made.
        part: "test", or the part of the split that was evaluated instead.
        pooled: values of all images together, which are no means over images: ``dataset_iou``, ``dataset_iou_0``, ...
        class_names: names of the classes by number, empty in results of before they were kept.
        class_colours: their colours (red, green, blue), empty where the dataset gives none.
        class_metrics: the metrics NAME that single classes have as well, ``NAME_0``, ``NAME_1``, ...
        units: what the metrics that are distances are in, such as "nm (spacing 30 x 6 x 6)" or "voxels". Empty for
            images with distances in pixels, and in results of before it was kept, when volumes had voxels.
    """

    test: Mapping[str, Score]
    num_test_images: int | None
    best_epoch: int | None = None
    epochs: int | None = None
    train_seconds: float | None = None
    test_seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    identity: RunIdentity | None = None
    part: str = "test"
    pooled: Mapping[str, float] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()
    class_metrics: tuple[str, ...] = ()
    class_colours: tuple[tuple[int, int, int], ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)

    def unit(self, name: str) -> str:
        """What a metric, or its mean without class 0, is in; "" where nothing is said."""
        return self.units.get(name.removeprefix("foreground_"), "")

    def to_dict(self) -> dict[str, Any]:
        """The content of the file; what is not known is left out."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {
            "format": FORMAT,
            **({} if self.identity is None else {"identity": self.identity.to_dict()}),
            "part": self.part,
            **{name: number for name, number in numbers.items() if number is not None},
            "test": {name: _fields(score) for name, score in self.test.items()},
            **({"pooled": dict(self.pooled)} if self.pooled else {}),
            **({"class_names": list(self.class_names)} if self.class_names else {}),
            **({"class_metrics": list(self.class_metrics)} if self.class_metrics else {}),
            **({"class_colours": list(map(list, self.class_colours))} if self.class_colours else {}),
            **({"units": dict(self.units)} if self.units else {}),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The inverse of :meth:`to_dict`.

        Raises:
            KeyError, TypeError or ValueError: another content.
        """
        identity = data.get("identity")
        return cls(
            test={name: _score(score) for name, score in data["test"].items()},
            num_test_images=_whole(data.get("num_test_images")),
            best_epoch=_whole(data.get("best_epoch")),
            epochs=_whole(data.get("epochs")),
            train_seconds=_optional(data.get("train_seconds")),
            test_seconds=_optional(data.get("test_seconds")),
            versions={str(name): str(version) for name, version in data.get("versions", {}).items()},
            identity=None if identity is None else RunIdentity.from_dict(identity),
            part=str(data.get("part", "test")),
            pooled={str(name): _number(value) for name, value in data.get("pooled", {}).items()},
            class_names=tuple(map(str, data.get("class_names", ()))),
            class_metrics=tuple(map(str, data.get("class_metrics", ()))),
            units={str(name): str(unit) for name, unit in data.get("units", {}).items()},
            class_colours=tuple((int(r), int(g), int(b)) for r, g, b in data.get("class_colours", ())),
        )


_NUMBERS = ("best_epoch", "epochs", "train_seconds", "test_seconds", "num_test_images")


def read_results(path: Path) -> RunResults | None:
    """The results in a file, None where there is no file.

    Raises:
        ValueError: it is damaged or of a newer format; names the file.
    """
    if not path.is_file():
        return None
    data = read_json(path)
    found = data.get("format", 1) if isinstance(data, dict) else 1
    if isinstance(found, int) and found > FORMAT:
        raise Mistake(f"{path}: expected results of format {FORMAT}, got {found}; update cwmi-seg to read them.")
    try:
        return RunResults.from_dict(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Mistake(f"{path}: damaged ({type(error).__name__} {error}); delete it and train the run again.") from None


def write_results(results: RunResults, path: Path, **more: object) -> None:
    """Write the file, with what else the one who writes it has to say."""
    write_json(path, {**more, **results.to_dict()})


def _fields(score: Score) -> dict[str, float | None]:
    """``num_images`` is left out where all images have a value, as it always was."""
    fields = score._asdict()
    return {key: value for key, value in fields.items() if key != "num_images" or value is not None}


def _score(fields: Mapping[str, Any]) -> Score:
    return Score(_number(fields["mean"]), _optional(fields["std"]), _whole(fields.get("num_images")))


def _number(value: object) -> float:
    """JSON numbers alone: ``float`` would take the text of one as well."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {value!r}")
    return float(value)


def _optional(value: object) -> float | None:
    return None if value is None else _number(value)


def _whole(value: object) -> int | None:
    return None if value is None else int(_number(value))
