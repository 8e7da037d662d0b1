"""The configs of this package on the search path of all Hydra applications, so that plain ``hydra.compose`` finds them.

Hydra imports all of ``hydra_plugins`` with every application of the environment, so that this file imports nothing of
weight. Its folder comes after that of the application, whose own configs are taken where the names are the same.
"""

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

_PREPARED = "cwmi-prepared"  # of cwmi_prepared.py; which of the two plug-ins comes first is up to Hydra


class PackagedConfigs(SearchPathPlugin):
    """Appends the folder of the configs, and registers the schemas that they begin with."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        from cwmi_seg.config.conf_dir import conf_dir
        from cwmi_seg.config.schemas import register_schemas

        register_schemas()
        folder, searched = conf_dir(), search_path.get_path()
        if any(Path(str(each.path).removeprefix("file://")) == folder for each in searched):
            return
        if any(each.provider == _PREPARED for each in searched):  # a file goes before prepared data of its name
            search_path.prepend("cwmi-seg", f"file://{folder}", _PREPARED)
        else:
            search_path.append("cwmi-seg", f"file://{folder}")
