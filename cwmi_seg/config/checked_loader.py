"""Hydra's config loader, asked to refuse what a config file may not set before Hydra acts on it.

Hydra sets up its logging and calls its callbacks, sweeper and launcher before the job of a command begins, so that the
place to look is where a config is composed: of a run, of a sweep and of each of its cells, in whatever process.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

from hydra._internal import hydra as hydra_app
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cwmi_seg.config.allowed_targets import check_targets, leaves
from cwmi_seg.config.own_files import check_file, check_search_path
from cwmi_seg.config.prepared_datasets import data_of
from cwmi_seg.mistakes import Mistake

_COMPOSERS = ("hydra", "omegaconf", "antlr4", "yaml")
"""Packages that only work on what they were given: an error raised in their code is one of the config."""
_PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")


class CheckedLoader(ConfigLoaderImpl):
    """Composes as Hydra does; every file is checked as it is read, and the node ``hydra`` once it is whole."""

    def load_configuration(self, *args: Any, **kwargs: Any) -> DictConfig:
        """As Hydra's, with the checks.

        Raises:
            ValueError: a file sets what a config file may not set, or the node ``hydra`` names what is no plug-in.
        """
        # the name of a dataset may be that of a folder in the paths.data of these overrides
        with _composing(), data_of(_overrides(args, kwargs)):
            config = super().load_configuration(*args, **kwargs)
        _check_hydra_node(config)
        return config

    def _process_config_searchpath(self, config_name: str | None, parsed_overrides: Any, repo: Any) -> None:
        # the first step that has both the overrides and the files, before Hydra searches the folders that these name
        for override in parsed_overrides:
            if repo.group_exists(override.key_or_group):
                _check_choice(override)
        if config_name is not None and (loaded := repo.load_config(config_path=config_name)) is not None:
            check_search_path(loaded, config_name)
        super()._process_config_searchpath(config_name, parsed_overrides, repo)

    def _load_single_config(self, default: Any, repo: Any) -> Any:
        loaded = super()._load_single_config(default, repo)
        check_file(loaded, default.config_path)
        return loaded


def _overrides(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[str]:
    """Of ``load_configuration``, whose second argument they are."""
    return kwargs["overrides"] if "overrides" in kwargs else args[1]


@contextmanager
def checked_loading() -> Iterator[None]:
    """Let the main functions of Hydra that are called meanwhile compose with :class:`CheckedLoader`."""
    # Hydra has no setting for its loader: it makes one of the class that its module holds under this name
    before = hydra_app.ConfigLoaderImpl  # type: ignore[attr-defined]
    hydra_app.ConfigLoaderImpl = CheckedLoader  # type: ignore[attr-defined]
    try:
        yield
    finally:
        hydra_app.ConfigLoaderImpl = before  # type: ignore[attr-defined]


def _check_choice(override: Any) -> None:
    """The override of a group names one of its configs, or several: no number, no null."""
    if override.is_sweep_override():
        return
    value = override.value()
    names = value if isinstance(value, list) else [value]
    if (override.is_delete() and value is None) or all(isinstance(name, str) for name in names):
        return
    group = override.key_or_group
    raise Mistake(
        f"{override.input_line}: expected the name of a config of {group}, got {'null' if value is None else value}; "
        f"write {group}=NAME, or set single values as in {group}.KEY=VALUE."
    )


@contextmanager
def _composing() -> Iterator[None]:
    """Whatever Hydra or OmegaConf trips over in composing is a mistake in what they were given.

    An error that other code raises meanwhile, such as a check of this package, stays what it is.
    """
    try:
        yield
    except (Mistake, OSError, HydraException, OmegaConfBaseException):
        raise
    except Exception as error:
        *_, (frame, _) = walk_tb(error.__traceback__)
        if frame.f_globals["__name__"].partition(".")[0] not in _COMPOSERS:
            raise
        raise Mistake(
            f"command line: expected overrides that make a config, got {type(error).__name__}: {error}; "
            "mend the override or the file that says so."
        ) from error


def _check_hydra_node(config: DictConfig) -> None:
    """Launcher, sweeper and callbacks, which Hydra makes itself, are plug-ins of Hydra, or the user's own callbacks.

    Raises:
        ValueError: with the key and the target.
    """
    hydra: Any = OmegaConf.to_container(config.hydra)
    for part in ("launcher", "sweeper"):
        for key, value in leaves(hydra[part], f"hydra.{part}"):
            # two dots: hydra.launcher._target_ itself; one further down would be an argument that is made as well
            if key.endswith("._target_") and not (key.count(".") == 2 and str(value).startswith(_PLUGINS)):
                raise Mistake(f"{key}: expected a {part} among the plug-ins of Hydra, got {value}; use launcher=local.")
    if hydra["callbacks"]:
        own = OmegaConf.select(config, "allowed_targets") or ()
        check_targets({"hydra": {"callbacks": hydra["callbacks"]}}, list(own))
