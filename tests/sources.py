"""Reads the repository's own source with `ast`, each file once, for the tests about its structure."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("safety", "engines", "studio", "ui")


@dataclass(frozen=True)
class Import:
    """One line of import: `import module`, or `from module import names`. `relative`: written with leading dots."""

    module: str
    names: tuple[str, ...]
    line: int
    at_top_level: bool
    relative: bool = False

    @property
    def library(self) -> str:
        """Returns the first part of the module's name."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """One parsed file. `name` is its dotted module name; a package's `__init__` has the package's name."""

    path: Path
    name: str
    tree: ast.Module

    @property
    def where(self) -> str:
        """Returns the path from the repository's root, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()

    def imports(self) -> Iterator[Import]:
        """Yields what the file imports when it runs, inside functions too."""
        top_level = {id(node) for node in self.tree.body}
        for node in _nodes_that_run(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, (), node.lineno, id(node) in top_level)
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                yield Import(node.module or "", names, node.lineno, id(node) in top_level, node.level > 0)

    def classes(self) -> Iterator[ast.ClassDef]:
        """Yields every class of the file, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def _nodes_that_run(tree: ast.Module) -> Iterator[ast.AST]:
    """Yields all nodes but those under `if TYPE_CHECKING`, which only type checkers read."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            yield node
            waiting += ast.iter_child_nodes(node)


@cache
def sources() -> Mapping[str, Source]:
    """Returns the files of the four packages and app.py by module name."""
    paths = [ROOT / "app.py"]
    for package in PACKAGES:
        paths += sorted((ROOT / package).rglob("*.py"))
    parsed = (Source(path, _name(path), ast.parse(path.read_text("utf-8"), str(path))) for path in paths)
    return {source.name: source for source in parsed}


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def import_graph() -> Mapping[str, frozenset[str]]:
    """Returns, for each module of ours, the modules of ours that its own lines import.

    What Python runs besides, the `__init__` of each folder on the way, stands in no line and is left out.
    """
    return {
        name: frozenset(module for wanted in source.imports() for module in imported_modules(wanted)) - {name}
        for name, source in sources().items()
    }


def imported_modules(wanted: Import) -> set[str]:
    """Returns the modules of ours that a line imports: `from a import b` is `a.b` where that is a module, else `a`."""
    names = {f"{wanted.module}.{name}" for name in wanted.names} or {wanted.module}
    return {name if name in sources() else wanted.module for name in names} & sources().keys()


def circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Returns the circles of a graph: its strongly connected parts of more than one node (Tarjan, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for after in graph.get(node, ()):
            if after not in index:
                visit(after)
                low[node] = min(low[node], low[after])
            elif after in stack:
                low[node] = min(low[node], index[after])
        if low[node] == index[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                found.append(sorted(part))

    for node in graph:
        if node not in index:
            visit(node)
    return sorted(found)


@cache
def tracked_files() -> tuple[str, ...]:
    """Returns the repository's files as git knows them. Empty where this is no clone, as in an unpacked archive."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(sorted(path for path in listed.split("\0") if path and (ROOT / path).exists()))
