"""Keeps Gradio from doing at each start what no server needs; that was nearly half of the time until it answers.

Gradio 6 writes a .pyi file beside each component's source while its class is made (`gradio.component_meta`): it reads
and parses the source twice, for editors alone, and its packages may be on a read-only disk. And it puts the whole web
application together when a page has been laid out and when its queue is configured, though `launch` makes one anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"


class _WithoutStubs(Loader):
    """Loads the module as its own loader does, then takes its writer away; a Gradio that has none is left as it is."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        if hasattr(module, WRITER):
            setattr(module, WRITER, _write_nothing)


class NoStubs(MetaPathFinder):
    """Finds that one module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Returns where the module is, with a loader that writes no stubs; None for every other module."""
        if fullname != MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            spec.loader = _WithoutStubs(spec.loader)
        return spec


def write_no_stubs() -> None:
    """Must be called before Gradio is imported; afterwards it changes nothing."""
    if not any(isinstance(finder, NoStubs) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoStubs())


@contextmanager
def applications_unmade() -> Iterator[None]:
    """Lets what runs inside, other than `launch`, have an empty application in place of each that would be made."""
    from gradio.routes import App

    made = App.create_app
    App.create_app = staticmethod(lambda *_, **__: App())  # type: ignore[method-assign]
    try:
        yield
    finally:
        App.create_app = made  # type: ignore[method-assign]


def _write_nothing(*_: Any) -> None:
    pass
