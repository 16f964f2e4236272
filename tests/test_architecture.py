"""Imports point one way: app -> ui -> studio -> engines -> safety. Read with `ast`, so that nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"app", "ui", "studio", "engines", "safety", "training", "benchmarks"}
MAY_IMPORT = {
    "app": {"ui", "studio", "engines", "safety"},
    "ui": {"ui", "studio", "engines", "safety"},
    "studio": {"engines", "safety"},
    "engines": {"engines", "safety"},
    "safety": {"safety"},
}
# Inside safety/: who may import whom, by the start of the module's name. Not listed: anything in safety/.
LOWER = {
    "safety.records": set(),
    "safety.errors": set(),
    "safety.config": {"safety.errors"},
    "safety.messages.schema": {"safety.records", "safety.config"},
    "safety.messages.helplines": {"safety.errors", "safety.config", "safety.messages.schema"},
    "safety.messages.catalogue": {
        "safety.records",
        "safety.errors",
        "safety.config",
        "safety.messages.schema",
        "safety.messages.helplines",
    },
    "safety.policy.thresholds": {"safety.records", "safety.config"},
    "safety.policy.modes": {
        "safety.records",
        "safety.errors",
        "safety.config",
        "safety.messages.schema",
        "safety.policy.thresholds",
    },
    "safety.policy.model": {
        "safety.records",
        "safety.errors",
        "safety.config",
        "safety.policy.modes",
        "safety.policy.thresholds",
        "safety.messages.catalogue",
    },
    "safety.policy.decide": {"safety.records", "safety.policy.model", "safety.messages.catalogue"},
    "safety.checks": {"safety.records"},
}
CHECKS_NEVER_KNOW = {
    "safety.policy.model",
    "safety.policy.decide",
    "safety.audit",
    "safety.marks.export",
    "safety.marks",
}
ONE_HOME = {
    "gradio": ("ui/",),
    "c2pa": ("safety/marks/credentials",),
    "diffusers": ("engines/", "training/"),
    "torch": ("engines/", "safety/image/torch_models.py", "training/", "benchmarks/"),
    "open_clip": ("safety/image/torch_models.py",),
    "timm": ("safety/image/torch_models.py",),
    "rapidocr": ("safety/image/ocr.py",),
    "pdqhash": ("safety/perceptual_hash.py", "training/"),
    "onnxruntime": ("safety/runtime.py", "safety/prompt/", "training/", "benchmarks/"),
    "sqlalchemy": ("safety/audit",),
    "alembic": ("safety/audit/migrat",),
    "resvg_py": ("safety/marks/label.py",),
    "trustmark": ("safety/marks/trustmark.py",),
}
HEAVY = {"torch", "diffusers", "transformers", "onnxruntime", "cv2", "c2pa", "open_clip", "timm", "rapidocr", "alembic"}


def modules() -> list[Path]:
    paths = [ROOT / "app.py", ROOT / "studio/studio.py"]
    for folder in ("ui", "engines", "safety"):
        paths += sorted((ROOT / folder).rglob("*.py"))
    return paths


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    guarded = {id(inner) for node in ast.walk(tree) if is_type_checking(node) for inner in ast.walk(node)}
    for node in tree.body if top_level_only else ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement to the last, docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def within(module: str, prefixes: set[str]) -> bool:
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    name = name_of(path)
    ours = {module for module in imports(path) if module.partition(".")[0] in OURS}
    assert {module.partition(".")[0] for module in ours} <= MAY_IMPORT[name.partition(".")[0]]
    if name in LOWER:
        assert all(within(module, LOWER[name]) for module in ours)
    if within(name, {"safety.prompt", "safety.image", "safety.text"}):
        assert not [module for module in ours if within(module, CHECKS_NEVER_KNOW)]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_library_is_imported_only_in_its_home(path: Path) -> None:
    where = path.relative_to(ROOT).as_posix()
    for module in imports(path):
        homes = ONE_HOME.get(module.partition(".")[0])
        assert homes is None or where.startswith(homes), f"{where} imports {module}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    top = {module.partition(".")[0] for module in imports(path, top_level_only=True)}
    assert not top & HEAVY or path.parent.name == "migrations"  # which only alembic itself reads


@pytest.mark.parametrize("path", [p for p in modules() if p.name != "app.py"], ids=name_of)
def test_only_app_reads_the_environment(path: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    assert not names & {"environ", "getenv"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_keeps_to_its_budget(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 200
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.Global)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert code_lines(node) <= 30, f"{node.name} has {code_lines(node)} lines of code"
