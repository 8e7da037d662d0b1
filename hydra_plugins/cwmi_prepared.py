"""Prepared data as choices of the group ``dataset``, after all folders of configs.

Hydra imports this file with every command of every application, so that nothing of weight is imported at its top.
"""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

_GROUP = "dataset"


class PreparedSource(ConfigSource):
    """A config for each dataset that ``cwmi-prepare`` has written (:mod:`cwmi_seg.config.prepared_datasets`)."""

    @staticmethod
    def scheme() -> str:
        return "cwmi-prepared"

    def load_config(self, config_path: str) -> ConfigResult:
        from cwmi_seg.config.prepared_datasets import dataset_config

        name = _name(config_path)
        if name is None:
            raise ConfigLoadError(f"{config_path}: no prepared dataset")
        config = OmegaConf.create(dataset_config(name))
        return ConfigResult(self.provider, f"{self.scheme()}://", config, {"package": None})

    def is_group(self, config_path: str) -> bool:
        if config_path.rstrip("/") != _GROUP:  # asked by every application; the imports are for those with our group
            return False
        from cwmi_seg.config.prepared_datasets import prepared_names

        return bool(prepared_names())

    def is_config(self, config_path: str) -> bool:
        name = _name(config_path)
        if name is None:
            return False
        from cwmi_seg.config.prepared_datasets import is_prepared

        return is_prepared(name)

    def available(self) -> bool:
        return True

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        from cwmi_seg.config.prepared_datasets import prepared_names

        if not config_path and results_filter != ObjectType.CONFIG:
            return [_GROUP] if prepared_names() else []
        wanted = config_path.rstrip("/") == _GROUP and results_filter != ObjectType.GROUP
        return prepared_names() if wanted else []


class PreparedSearchPath(SearchPathPlugin):
    """Puts the source last, so that a file of the same name goes before it."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append("cwmi-prepared", "cwmi-prepared://")


def _name(config_path: str) -> str | None:
    group, _, name = config_path.removesuffix(".yaml").partition("/")
    return name if group == _GROUP and name and "/" not in name else None
