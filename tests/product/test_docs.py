"""What README and docs tell people to type works: python blocks run, commands compose, named files are there."""

import doctest
import importlib
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from cwmi_seg.config.conf_dir import conf_dir
from tests.conftest import TINY, Command
from tests.support.composed import composed
from tests.support.markdown import PAGES, ROOT, python_blocks, shell_lines

EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "cwmi_seg").rglob("*.py")
    if ">>> " in path.read_text()
)
COMMANDS = {path.stem for path in (conf_dir() / "hydra" / "help").glob("*.yaml")}
LINES = sorted({(page.name, line) for page in PAGES for line in shell_lines(page)})
PREPARED = {match[1] for _, line in LINES if (match := re.match(r"cwmi-prepare .*\bname=(\w+)", line))}
"""Names that the pages give prepared data, which are choices of the dataset afterwards."""


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)], ids=lambda page: page.name)
def test_python_blocks_run(page: Path, in_empty_folder: Path) -> None:
    """One after the other, as a reader would type them."""
    names: dict[str, object] = {"__name__": f"docs.{page.stem}"}
    for number, code in enumerate(python_blocks(page), start=1):
        exec(compile(code, f"{page.name}, block {number}", "exec"), names)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=() if page == "README.md" else pytest.mark.slow)
        for page, line in LINES
        if line.startswith("cwmi-")
    ],
)
def test_commands_compose(line: str) -> None:
    line = re.sub(r"\[\w+=\S+\]|--cfg job", "", line.replace("=~/", "=/home/me/"))  # optional words are in brackets
    line, own_configs = re.subn(r"--config-dir[= ]\S+", "", line)
    command, *words = shlex.split(line)
    name = command.removeprefix("cwmi-")
    assert name in COMMANDS
    overrides = OverridesParser.create().parse_overrides([word for word in words if not word.startswith("-")])
    wanted = [o for o in overrides if not ((own_configs or _is_prepared(o)) and _is_readers_own(o))]
    composed(name, *map(_one_job, wanted))


def _is_prepared(override: Override) -> bool:
    return override.key_or_group == "dataset" and str(override.value()) in PREPARED


def _one_job(override: Override) -> str:
    """As on the command line; of a sweep, its first value."""
    if not override.is_sweep_override():
        return str(override.input_line)
    if "glob(" in str(override.input_line):
        return (
            f"{override.get_key_element()}={sorted((conf_dir() / str(override.key_or_group)).glob('*.yaml'))[0].stem}"
        )
    return f"{override.get_key_element()}={next(iter(override.sweep_string_iterator()))}"


def _is_readers_own(override: Override) -> bool:
    """Whether it chooses a file that the reader has written."""
    group = conf_dir() / str(override.key_or_group)
    return group.is_dir() and not (group / f"{_one_job(override).partition('=')[2]}.yaml").is_file()


@pytest.mark.parametrize("line", [line for _, line in LINES if not line.startswith("cwmi-")])
def test_files_and_targets_are_there(line: str) -> None:
    match shlex.split(line):
        case ["make", *words]:
            targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
            assert {word for word in words if "=" not in word} <= set(targets)
        case ["python", "-m", "pytest", *words]:
            files = [word for word in words if word.startswith("tests/") and "FILE" not in word]
            assert all((ROOT / word).exists() for word in files)
            assert files or "-m" in words or "-k" in words
        case ["python", "-c", code]:
            compile(code, line, "exec")
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module.removesuffix(".NAME"))  # of the reader's own
        case ["python", script, *_]:
            assert script.endswith(".py")
            assert (ROOT / script).is_file()
        case words:
            pytest.fail(f"nothing is known of {words}")


@pytest.mark.parametrize(("group", "page"), [("loss", "losses"), ("metrics", "metrics"), ("dataset", "data")])
def test_every_choice_is_named_on_its_page(group: str, page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text()
    choices = {path.stem for path in (conf_dir() / group).glob("*.yaml")} - {"default"}
    lacking = sorted(name for name in choices if not re.search(rf"`{name}`|\b{group}={name}\b", text))
    assert lacking == [], f"docs/{page}.md lacks a line for {', '.join(lacking)}"


@pytest.mark.parametrize("module", EXAMPLES)
def test_docstring_examples_run(module: str) -> None:
    done = doctest.testmod(importlib.import_module(module.removesuffix(".__init__")))
    assert done.attempted
    assert done.failed == 0


def test_the_plug_ins_of_the_design_page_train(
    command: Command, in_empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are written as the page shows them, under the names in their first lines."""
    files = re.findall(r"^```\w+\n# (my_\S+)\n(.*?)^```", (ROOT / "docs" / "design.md").read_text(), re.M | re.S)
    assert len(files) == 6
    for name, content in files:
        (in_empty_folder / name).parent.mkdir(parents=True, exist_ok=True)
        (in_empty_folder / name).write_text(content)
    for module in ("my_losses", "my_models", "my_metrics"):  # another page has files of these names, in its folder
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.setattr(sys, "path", [place for place in sys.path if not Path(place, f"{module}.py").exists()])
    own = ("loss=my_loss", "model=my_model", "metrics=my_metrics", "allowed_targets=[my_losses,my_models,my_metrics]")
    tiny = [override for override in TINY if not override.startswith("model")]
    assert command("train", "--config-dir=my_conf", *tiny, *own) == 0
    (results,) = Path("outputs").glob("runs/*/results.json")
    assert "area_error" in json.loads(results.read_text())["test"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the torch of other systems has another OpenMP")
def test_the_wait_of_threads_is_read_at_the_import_of_torch() -> None:
    """As docs/performance.md says: set before it counts, set after it does not."""
    setting = "os.environ['GOMP_SPINCOUNT'] = '1234'"
    shown = [
        _shown_by_openmp(f"import os; {order}") for order in (f"{setting}; import torch", f"import torch; {setting}")
    ]
    assert "GOMP_SPINCOUNT = '1234'" in shown[0]
    assert "GOMP_SPINCOUNT = '1234'" not in shown[1]
    assert "GOMP_SPINCOUNT = '0'" in _shown_by_openmp("import torch", OMP_WAIT_POLICY="passive")


def _shown_by_openmp(code: str, **settings: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    env = {**kept, "OMP_DISPLAY_ENV": "verbose", **settings}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stderr
