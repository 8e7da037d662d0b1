"""The configs of this package on the search path of all Hydra applications, so that plain ``hydra.compose`` finds them.

Hydra imports all of ``hydra_plugins`` with every application of the environment, so that this file imports nothing of
weight. Its folder comes after that of the application, whose own configs are taken where the names are the same.
"""

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class PackagedConfigs(SearchPathPlugin):
    """Appends the folder of the configs, and registers the schemas that they begin with."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        from cwmi_seg.config.conf_dir import conf_dir
        from cwmi_seg.config.schemas import register_schemas

        register_schemas()
        folder = conf_dir()
        if folder not in (Path(str(each.path).removeprefix("file://")) for each in search_path.get_path()):
            search_path.append("cwmi-seg", f"file://{folder}")
