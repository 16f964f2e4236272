"""Warns of long modules and functions. Run by `make check`; a guide to the eye, never a failure."""

from __future__ import annotations

import ast

from tests.sources import ROOT, tracked_files

MAX_MODULE, MAX_FUNCTION = 400, 40  # lines


def main() -> None:
    """Prints a line for each module and function that is longer than the guide, docstrings of functions not counted."""
    for path in (path for path in tracked_files() if path.endswith(".py")):
        text = (ROOT / path).read_text("utf-8")
        if (lines := len(text.splitlines())) > MAX_MODULE:
            print(f"warning: {path} has {lines} lines, more than {MAX_MODULE}")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := code_lines(node)) > MAX_FUNCTION:
                print(f"warning: {path}:{node.lineno}: {node.name} has {lines} lines, more than {MAX_FUNCTION}")


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Returns how many lines a function's body has, its docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


if __name__ == "__main__":
    main()
