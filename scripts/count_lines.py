"""Print how the package is written, in numbers that can be followed over time.

    python scripts/count_lines.py                    # this checkout
    python scripts/count_lines.py /tmp/old_checkout  # another one
    python scripts/count_lines.py --rooms            # `Any` and undocumented names by folder as well
    python scripts/count_lines.py --names            # the undocumented names

Counted are all the files of ``cwmi_seg`` and ``hydra_plugins``:

- lines: lines of the files, blank ones included.
- Any: every use of the name in a line of code, imports excepted, per 1,000 lines.
- comments: lines that hold a comment, alone or behind code, as a share of the lines; directives to tools are left out.
- string subscripts: ``config["x"]`` with a literal, where the name of what is subscripted tells of a config.
- functions of config or folder: functions that take an argument of the name ``config`` or ``folder``.
- typed arguments: arguments that have an annotation, as a share of all but ``self`` and ``cls``.
- without docstring: modules, classes, functions and methods of a public name. Methods that a base class of torch,
  Lightning or Hydra documents are left out (``forward``, hooks such as ``on_fit_start``), and those between two pairs
  of underscores.
"""

import argparse
import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("cwmi_seg", "hydra_plugins")
CONFIGS = re.compile(r"(config|cfg|overrides|choices|run|saved|settings|node)$")
DIRECTIVE = re.compile(r"#\s*(type:|noqa|pragma:|fmt:|mypy:)")
INHERITED = re.compile(
    r"(forward|configure_\w+|on_\w+|(train|val|test|predict)_dataloader|(training|validation|test|predict)_step|setup"
    r"|teardown|state_dict|load_state_dict|update|compute|launch|sweep)$"
)
Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Count(NamedTuple):
    """What is counted of one file, or of many together."""

    lines: int = 0
    any_uses: int = 0
    comments: int = 0
    subscripts: int = 0
    takers: int = 0
    arguments: int = 0
    typed: int = 0
    undocumented: tuple[str, ...] = ()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, nargs="?", default=Path(__file__).parent.parent)
    parser.add_argument("--rooms", action="store_true", help="by folder as well")
    parser.add_argument("--names", action="store_true", help="list what has no docstring")
    arguments = parser.parse_args()
    rooms = counted(arguments.checkout)
    whole = together(list(rooms.values()))
    print_whole(whole)
    if arguments.rooms:
        print_rooms(rooms)
    if arguments.names:
        print(*whole.undocumented, sep="\n")


def print_whole(count: Count) -> None:
    """One line for each number."""
    print(f"lines                          {count.lines:8,d}")
    print(f"Any per 1,000 lines            {1000 * count.any_uses / count.lines:8.1f}   ({count.any_uses} uses)")
    print(f"comments, share of the lines   {count.comments / count.lines:8.1%}   ({count.comments} lines)")
    print(f"string subscripts of configs   {count.subscripts:8d}")
    print(f"functions of config or folder  {count.takers:8d}")
    print(f"typed arguments                {count.typed / count.arguments:8.1%}   (of {count.arguments})")
    print(f"public names without docstring {len(count.undocumented):8d}")


def print_rooms(rooms: dict[str, Count]) -> None:
    """A line for each folder, and for each module beside the folders."""
    print(f"\n{'':16s}   lines   Any  per 1,000  comments  without docstring")
    for room, count in sorted(rooms.items()):
        any_share, comment_share = 1000 * count.any_uses / count.lines, count.comments / count.lines
        numbers = f"{count.lines:7,d} {count.any_uses:5d} {any_share:10.1f} {comment_share:9.1%}"
        print(f"{room:16s} {numbers} {len(count.undocumented):18d}")


def counted(checkout: Path) -> dict[str, Count]:
    """The numbers of each folder of the package."""
    files: dict[str, list[Count]] = {}
    for folder in FOLDERS:
        for path in sorted((checkout / folder).rglob("*.py")):
            parts = path.relative_to(checkout).parts
            room = parts[1].removesuffix(".py") if folder == "cwmi_seg" else folder
            files.setdefault(room, []).append(count_file(path, "/".join(parts)))
    return {room: together(counts) for room, counts in files.items()}


def together(counts: list[Count]) -> Count:
    """The sum of the numbers; the names one after the other."""
    numbers = {name: sum(getattr(count, name) for count in counts) for name in Count._fields if name != "undocumented"}
    return Count(**numbers, undocumented=tuple(name for count in counts for name in count.undocumented))


def count_file(path: Path, name: str) -> Count:
    """All the numbers of one file."""
    text = path.read_text()
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    arguments = [argument for function in functions for argument in arguments_of(function)]
    return Count(
        lines=len(text.splitlines()),
        any_uses=sum(is_any(node) for node in ast.walk(tree)),
        comments=sum(1 for _ in comment_lines(text)),
        subscripts=sum(is_config_subscript(node) for node in ast.walk(tree)),
        takers=sum(takes_config(function) for function in functions),
        arguments=len(arguments),
        typed=sum(argument.annotation is not None for argument in arguments),
        undocumented=tuple(f"{name}: {found}" for found in undocumented(tree)),
    )


def is_any(node: ast.AST) -> bool:
    """Whether a node is the name Any; one in a quoted annotation counts too."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(re.fullmatch(r"[\w\[\], .|]*\bAny\b[\w\[\], .|]*", node.value)) and "[" in node.value
    return isinstance(node, ast.Name) and node.id == "Any"


def comment_lines(text: str) -> Iterator[int]:
    """The lines that hold a comment for the reader."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string):
            yield token.start[0]


def is_config_subscript(node: ast.AST) -> bool:
    """Whether a node reads one named value of a config."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
        return False
    owner = node.value
    while isinstance(owner, ast.Subscript):
        owner = owner.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return isinstance(node.slice.value, str) and bool(CONFIGS.search(name))


def takes_config(function: Definition) -> bool:
    """Whether a function reads a config, or the folder of a run, for itself."""
    return any(argument.arg in ("config", "folder") for argument in arguments_of(function))


def arguments_of(function: Definition) -> list[ast.arg]:
    """The arguments of a function but ``self`` and ``cls``."""
    given = function.args
    stars = [argument for argument in (given.vararg, given.kwarg) if argument]
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]
    return [argument for argument in every if argument.arg not in ("self", "cls")]


def undocumented(tree: ast.Module) -> Iterator[str]:
    """The public names of a module that have no docstring, the module itself among them."""
    if not ast.get_docstring(tree):
        yield "(module)"
    yield from undocumented_in(tree, "")


def undocumented_in(parent: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    """The same of the functions and classes of a module, and of their methods."""
    for node in parent.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        inherited = isinstance(parent, ast.ClassDef) and INHERITED.match(node.name)
        if not ast.get_docstring(node) and not inherited and not is_overload(node):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from undocumented_in(node, f"{node.name}.")


def is_overload(node: Definition | ast.ClassDef) -> bool:
    """Whether a definition is only one of several signatures."""
    names = [decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)]
    return "overload" in names or any(
        isinstance(decorator, ast.Attribute) and decorator.attr == "setter" for decorator in node.decorator_list
    )


if __name__ == "__main__":
    main()
