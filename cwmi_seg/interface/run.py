"""One run as an object: what it is, what it has found, and its network."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cwmi_seg.config.errors import raised_mistakes
from cwmi_seg.interface.compose import Place, compose, plain_values
from cwmi_seg.interface.tables import epoch_table, score_table, shown_scores
from cwmi_seg.mistakes import Mistake
from cwmi_seg.study.run_folder import RunFolder
from cwmi_seg.study.run_results import RunResults
from cwmi_seg.study.run_status import RunState

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from PIL.Image import Image

    from cwmi_seg.interface.network import Network


class Run:
    """A training run, finished or not, read from its folder whenever it is asked.

    Args:
        folder: Of the run, ``outputs/runs/NAME``.
        allowed_targets: Modules of your own that its config may name, as in ``allowed_targets=[my_losses]``.

    Raises:
        Mistake: The folder is not that of a run. What reads a damaged file raises it too.
    """

    def __init__(self, folder: Place, allowed_targets: Sequence[str] = ()) -> None:
        self._files = RunFolder(Path(folder).expanduser())
        self._allowed_targets = tuple(allowed_targets)
        if not self._files.has_config():
            with raised_mistakes():
                self._files.config()

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._files.path

    @property
    def name(self) -> str:
        """Dataset, model, loss, fold, seed and a hash of all other settings."""
        return self._files.path.absolute().name

    @property
    def state(self) -> RunState:
        """One of "waiting", "running", "interrupted", "done" and "failed"."""
        return self._files.state()

    @property
    def config(self) -> dict[str, Any]:
        """All settings, with every value resolved."""
        with raised_mistakes():
            return self._files.config()

    @property
    def scores(self) -> "pd.DataFrame":
        """Mean and sample standard deviation over the test images: a row a metric, columns mean, std, num_images.

        Raises:
            Mistake: The run is not done.
        """
        return score_table(self._results())

    @property
    def images(self) -> "pd.DataFrame":
        """The score of every test image: a row an image, by its name, a column a metric.

        Raises:
            Mistake: The run is not done.
        """
        with raised_mistakes():
            table = self._files.images(self._results())
        return table.drop(columns="index", errors="ignore").set_index("name")

    @property
    def epochs(self) -> "pd.DataFrame":
        """What was logged in every epoch so far: a row an epoch, columns such as train/loss and val/miou."""
        with raised_mistakes():
            return epoch_table(self._files.epochs())

    def evaluate(
        self, part: str = "test", *, metrics: str | None = None, data: Place | None = None, accelerator: str = "auto"
    ) -> "pd.DataFrame":
        """Score the weights of the best epoch again, as ``cwmi-evaluate`` does; the files go into the same folder.

        Args:
            part: "train", "val" or "test" of the split that the run was trained with.
            metrics: Name of a config, "per_class" or "surface_dice" for example; None takes those of the training.
            data: Folder of the prepared datasets, if it is not where it was.
            accelerator: "auto", "cpu" or "gpu".

        Returns:
            A table as :attr:`scores`.
        """
        from cwmi_seg.evaluation.trained_run import evaluate_run
        from cwmi_seg.training.console import quiet_libraries

        with raised_mistakes(), warnings.catch_warnings():
            quiet_libraries()
            chosen = None if metrics is None else compose("evaluate", [f"metrics={metrics}"]).metrics
            results = evaluate_run(
                self.folder,
                self.folder / f"evaluation_{part}",
                part,
                metrics=None if chosen is None else plain_values(chosen),
                data=None if data is None else str(data),
                accelerator=accelerator,
                allowed_targets=self._allowed_targets,
            )
        return score_table(results)

    def network(
        self,
        *,
        accelerator: str = "auto",
        flips: bool = False,
        tile: int | Sequence[int] | None = None,
        overlap: int | Sequence[int] | None = None,
    ) -> "Network":
        """Load the network of the best epoch, to predict arrays in memory.

        Args:
            accelerator: "auto" (a GPU if there is one), "cpu" or "gpu".
            flips: Whether to average over the mirrored images too.
            tile: Sides of the tiles in pixels, one number or one for each axis, multiples of 32, of volumes of 16; None
                for 512, of volumes 64 x 128 x 128.
            overlap: Pixels that neighbouring tiles share, likewise; None for a quarter of these.
        """
        from cwmi_seg.interface.network import Network
        from cwmi_seg.prediction.ensemble import Ensemble, choose_device
        from cwmi_seg.prediction.networks import load_network
        from cwmi_seg.prediction.tiles import tilings

        with raised_mistakes():
            model = load_network(self._files.path, self._allowed_targets)
            tiles = tilings(tile, overlap, model.info.dimensions)
            return Network(Ensemble([model], choose_device(accelerator), flips=flips), tiles)

    def overlay(self, image: "ArrayLike | str", target: "ArrayLike | None" = None) -> "Image":
        """Draw what the network finds; a notebook shows the picture.

        Args:
            image: Pixels as stored, H W I or H W, of volumes D H W I or D H W, of which three slices and a projection
                are drawn; or the name of a test image, of which the run has kept a picture.
            target: Class index of every pixel, if it is known.

        Returns:
            The image with the classes in colour. With a target, and of a test image: the image, the target and the
            prediction side by side, in which white is found, red is false and blue was missed. With more than two
            classes the prediction is in the colours of the classes, and its errors stand beside it.
        """
        import numpy as np
        from PIL import Image

        from cwmi_seg.interface.network import as_stored
        from cwmi_seg.pictures.class_panel import drawn, tints
        from cwmi_seg.pictures.overlay import displayable, side_by_side, tinted
        from cwmi_seg.pictures.views import views

        if isinstance(image, str):
            return self._kept_overlay(image)
        network = self.network()
        pixels = as_stored(image, network.info)
        mask: NDArray[np.integer] = network(image)
        truth = mask if target is None else np.asarray(target)
        if truth.shape != mask.shape:
            raise Mistake(f"target: expected the shape of the image, {mask.shape}, got {truth.shape}; cut them alike.")
        values = np.moveaxis(pixels, -1, 0).astype(np.float32)
        if network.info.dimensions == 3:
            values, mask, truth = views(values, mask, truth, network.info.spacing, network.info.ignore_index)
        picture = displayable(values)
        if target is None:
            return Image.fromarray(tinted(picture, mask, tints(network.info)))
        return Image.fromarray(side_by_side(drawn(picture, mask, truth, network.info)))

    def _kept_overlay(self, name: str) -> "Image":
        from PIL import Image

        kept = sorted(path.stem for path in self._files.overlays.glob("*.png"))
        if name not in kept:
            raise Mistake(f"image: expected one of the test images {', '.join(kept)}, got {name}; or give an array.")
        with Image.open(self._files.overlays / f"{name}.png") as picture:
            return picture.copy()

    def _results(self) -> RunResults:
        with raised_mistakes():
            results = self._files.results() if self._files.is_done() else None
        if results is None:
            how_far = self._files.unfinished() or f"run is {self.state}"
            raise Mistake(f"scores: expected a finished run, got {self.name}: {how_far}; train it to its end first.")
        return results

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {self.state})"

    def _repr_html_(self) -> str:
        """For a notebook: the name, the state and the scores."""
        return shown_scores(self.name, self.state, self.scores if self._files.is_done() else None)
