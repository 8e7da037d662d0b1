"""Hydra's config loader, asked to refuse what a config file may not set before Hydra acts on it.

Hydra sets up its logging and calls its callbacks, sweeper and launcher before the job of a command begins, so that the
place to look is where a config is composed: of a run, of a sweep and of each of its cells, in whatever process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

from hydra._internal import hydra as hydra_app
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cwmi_seg.config.allowed_targets import check_targets, leaves
from cwmi_seg.config.own_files import check_file, check_search_path
from cwmi_seg.config.prepared_datasets import data_of
from cwmi_seg.config.repository import Repository
from cwmi_seg.config.schemas import GROUPS
from cwmi_seg.mistakes import Mistake

_COMPOSERS = ("hydra", "omegaconf", "antlr4", "yaml")
"""Packages that only work on what they were given: an error raised in their code is one of the config."""
_A_RUN = "hydra.mode=RUN"  # what Hydra adds to a command line without -m
_PLUGINS = ("hydra_plugins.", "hydra._internal.core_plugins.")


class CheckedLoader(ConfigLoaderImpl):
    """Composes as Hydra does; every file is checked as it is read, and the node ``hydra`` once it is whole."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        super().__init__(config_search_path)
        self.repository = Repository(config_search_path)
        self._looked_at: tuple[str | None, list[str], DictConfig | Exception] | None = None

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """As Hydra's, with the checks.

        Hydra composes a command line twice, first for nothing but ``hydra.mode``: a single run gets that config, or
        what was wrong with it.

        Raises:
            ValueError: a file sets what a config file may not set, or the node ``hydra`` names what is no plug-in.
        """
        looked_at, self._looked_at = self._looked_at, None
        # the name of a dataset may be that of a folder in the paths.data of these overrides
        with _composing(), data_of(overrides):
            if looked_at is not None and (config_name, overrides, run_mode) == (*looked_at[:2], RunMode.RUN):
                return self._for_a_run(looked_at[2], overrides, from_shell)
            try:
                config = super().load_configuration(
                    config_name, overrides, run_mode, from_shell, validate_sweep_overrides
                )
                _check_hydra_node(config)
            except Exception as error:
                if not validate_sweep_overrides:
                    self._looked_at = config_name, [*overrides, _A_RUN], error
                raise
        # where a choice is left open, a composition for a sweep lets it be and one for a run does not
        if not validate_sweep_overrides and "???" not in config.hydra.runtime.choices.values():
            self._looked_at = config_name, [*overrides, _A_RUN], config
        return config

    def _for_a_run(self, config: DictConfig | Exception, overrides: list[str], from_shell: bool) -> DictConfig:
        """What is left to do on the config of a command line that nobody has asked for a sweep."""
        parsed = OverridesParser.create().parse_overrides(overrides)
        self.validate_sweep_overrides_legal(parsed, RunMode.RUN, from_shell)
        if isinstance(config, Exception):
            raise config
        self._apply_overrides_to_config(parsed[-1:], config)
        config.hydra.overrides.hydra.append(_A_RUN)
        return config

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """As Hydra's, which makes a repository of its own even where nothing on the command line adds a folder."""
        if config_name is None and not overrides:
            return self.repository.get_group_options(group_name, results_filter)
        return super().get_group_options(group_name, results_filter, config_name, overrides)

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
    group, names = override.key_or_group, value if isinstance(value, list) else [value]
    is_empty = not names and group in GROUPS  # not experiment=[], which chooses none
    if (override.is_delete() and value is None) or (all(isinstance(name, str) for name in names) and not is_empty):
        return
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
