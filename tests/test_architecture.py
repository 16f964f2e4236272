"""The rules that the source keeps to, read with `ast`, so that nothing runs. One test a rule, naming all offenders."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from tests.sources import PACKAGES, ROOT, circles, import_graph, sources

# Each room of the house stands on a floor and imports only what lies on lower floors, or inside itself. A room is a
# file or a folder of safety/ and of ui/, and the whole of engines/ and of studio/.
FLOORS = (
    ("safety.records", "safety.errors"),
    # Takes bytes apart and starts workers; what is read in them is the business of whoever asks.
    ("safety.files",),
    # A request and its pictures (generation) are told in terms of records.
    ("safety.config", "safety.checks", "safety.text", "safety.perceptual_hash", "safety.generation", "safety.image_io")
    + ("safety.resources",),
    ("safety.weights", "safety.health", "safety.messages"),
    ("safety.policy", "safety.prompt", "safety.marks", "safety.audit"),
    # The picture checks judge the text in a picture with the prompt checks.
    ("safety.image", "safety.review", "safety.statement"),
    # The guard puts checks of prompts and of pictures, the policy, the marks and the messages together.
    ("safety.guard",),
    # The door hands out names of all rooms and is used from outside alone; fakes stand in for a guard.
    ("safety", "safety.testing"),
    ("engines",),
    ("studio",),
    ("ui", "ui.forms", "ui.log_lines", "ui.reach", "ui.results", "ui.serialize", "ui.texts"),
    ("ui.sentences",),
    ("ui.placeholders",),
    ("ui.html",),
    ("ui.http", "ui.learn"),
    # One server: the page, with the API in front of it.
    ("ui.web",),
    # `serve` starts the page.
    ("ui.cli",),
    ("app",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

# Narrower than their floor: what these may import of ours at all.
ONLY = {
    "safety.records": set(),
    "safety.errors": set(),
    "safety.config": {"safety.errors"},
    "safety.checks": {"safety.records"},
    "safety.messages.schema": {"safety.records", "safety.config"},
    "safety.messages.helplines": {"safety.errors", "safety.config", "safety.messages.schema"},
    "safety.messages.catalogue": {"safety.records", "safety.errors", "safety.config", "safety.messages"},
    "safety.policy.thresholds": {"safety.records", "safety.config"},
    # Pure, and silent: a reason is a code and numbers, which safety/messages/ puts into words.
    "safety.policy.decide": {"safety.records", "safety.policy"},
}

# Checks find and do not judge: they know no policy, keep no record and mark nothing.
CHECKS = ("safety.text", "safety.prompt", "safety.image")
CHECKS_NEVER_IMPORT = ("safety.policy", "safety.audit", "safety.marks", "safety.review", "safety.statement")

MAX_ROOMS_IN_SAFETY = 22

# The files or folders that a library is wrapped in.
HOMES = {
    "gradio": ("ui/web/",),
    "uvicorn": ("ui/web/",),
    "starlette": ("ui/web/", "ui/http/"),
    "fastapi": ("ui/web/", "ui/http/"),
    "typer": ("ui/cli/",),
    "markdown_it": ("ui/learn/markdown.py",),
    "c2pa": ("safety/marks/credentials.py",),
    "trustmark": ("safety/marks/trustmark.py",),
    "resvg_py": ("safety/marks/label.py",),
    "cryptography": ("safety/marks/",),
    "pdqhash": ("safety/perceptual_hash.py",),
    "onnxruntime": ("safety/weights.py",),
    "cv2": ("safety/image/faces.py", "safety/marks/"),
    "ahocorasick": ("safety/prompt/matcher.py",),
    "tokenizers": ("safety/prompt/classifier_model.py",),
    "py3langid": ("safety/text/languages.py",),
    "sqlalchemy": ("safety/audit/",),
    "alembic": ("safety/audit/migrate.py", "safety/audit/migrations/"),
    "torch": ("engines/diffusion/", "safety/image/torch_models.py"),
    "transformers": ("engines/diffusion/", "safety/image/torch_models.py"),
    "diffusers": ("engines/diffusion/",),
    "open_clip": ("safety/image/torch_models.py",),
    "timm": ("safety/image/torch_models.py",),
    "rapidocr": ("safety/image/ocr.py",),
    "huggingface_hub": ("engines/diffusion/hub.py", "safety/image/torch_models.py"),
    "spaces": ("engines/diffusion/zerogpu.py",),
    "httpx": ("engines/remote.py", "studio/webhook.py", "ui/http/mcp_site.py"),
    "mcp": ("ui/http/mcp_site.py",),
    "opentelemetry": ("studio/tracing.py",),
    "psutil": ("engines/hardware.py",),
    "fsspec": ("studio/curation/place.py", "safety/marks/object_store.py"),
    "pyarrow": ("studio/curation/",),
    "ray": ("studio/curation/ray_cluster.py",),
}
# Slow to import: the page and the command line are up before these are.
HEAVY = {"torch", "diffusers", "transformers", "onnxruntime", "cv2", "c2pa", "open_clip", "timm", "rapidocr", "alembic"}
HEAVY |= {"trustmark", "huggingface_hub", "pyarrow", "ray", "fsspec"}
# Only alembic reads migrations, and only when it runs.
RUN_BY_HEAVY = ("safety/audit/migrations/",)

MAY_READ_THE_ENVIRONMENT = {"app.py", "studio/settings.py"}


def room_of(module: str) -> str:
    """Returns the room that a module lies in: `safety.prompt` for `safety.prompt.ages`."""
    first, *rest = module.split(".")
    return ".".join([first, *rest[:1]]) if first in ("safety", "ui") else first


def within(module: str, *names: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in names)


def in_home(where: str, homes: tuple[str, ...]) -> bool:
    return any(where.startswith(home) if home.endswith("/") else where == home for home in homes)


def listed(offenders: Iterable[object]) -> str:
    return "\n" + "\n".join(str(offender) for offender in offenders)


def arrows() -> list[tuple[str, str]]:
    """Returns every import of ours by ours as (importer, imported)."""
    return sorted((name, below) for name, imported in import_graph().items() for below in imported)


def test_imports_point_down() -> None:
    rooms = {room_of(name) for name in sources()}
    unknown = [f"{room} stands on no floor of FLOORS" for room in sorted(rooms - FLOOR_OF.keys())]
    upward = [
        f"{name} imports {below}"
        for name, below in arrows()
        if room_of(name) != room_of(below) and floor(below) >= floor(name)
    ]
    assert not unknown + upward, listed(unknown + upward)


def floor(module: str) -> int:
    return FLOOR_OF.get(room_of(module), -1)


def test_some_modules_import_hardly_anything() -> None:
    gone = [f"{name} is listed in ONLY and gone" for name in sorted(ONLY.keys() - sources().keys())]
    more = [f"{name} imports {below}" for name, below in arrows() if name in ONLY and not within(below, *ONLY[name])]
    assert not gone + more, listed(gone + more)


def test_checks_know_no_policy_and_keep_no_record() -> None:
    knowing = [
        f"{name} imports {below}"
        for name, below in arrows()
        if within(name, *CHECKS) and within(below, *CHECKS_NEVER_IMPORT)
    ]
    assert not knowing, listed(knowing)


def test_files_import_each_other_in_no_circle() -> None:
    found = circles(import_graph())
    assert not found, listed(found)


def test_rooms_of_a_folder_import_each_other_in_no_circle() -> None:
    folders = ["", *(name for name, source in sources().items() if source.path.name == "__init__.py")]
    found = [f"{folder or 'the house'}: {circle}" for folder in folders for circle in circles(graph_of_rooms(folder))]
    assert not found, listed(found)


def graph_of_rooms(folder: str) -> Mapping[str, set[str]]:
    """Returns which file or folder, directly in `folder`, imports which other. The folder's door is one of them."""
    graph: dict[str, set[str]] = {}
    for name, below in arrows():
        if (not folder or within(name, folder)) and (not folder or within(below, folder)):
            importer, imported = (child_of(folder, module) for module in (name, below))
            if importer != imported:
                graph.setdefault(importer, set()).add(imported)
    return graph


def child_of(folder: str, module: str) -> str:
    if module == folder:
        return "__init__"
    return module.removeprefix(f"{folder}." if folder else "").partition(".")[0]


def test_a_circle_is_found() -> None:
    graph = {"a": ["b", "d"], "b": ["c"], "c": ["a"], "d": ["e"], "e": ["d"], "f": ["a"]}
    assert circles(graph) == [["a", "b", "c"], ["d", "e"]]


def test_safety_has_few_rooms() -> None:
    rooms = {room_of(name) for name in sources() if within(name, "safety")} - {"safety"}
    assert len(rooms) <= MAX_ROOMS_IN_SAFETY, listed(sorted(rooms))


def test_a_library_is_imported_only_in_its_home() -> None:
    strays = [
        f"{source.where}:{wanted.line} imports {wanted.module}"
        for source in sources().values()
        for wanted in source.imports()
        if wanted.library in HOMES and not in_home(source.where, HOMES[wanted.library])
    ]
    assert not strays, listed(strays)


def test_every_home_exists() -> None:
    gone = [home for homes in HOMES.values() for home in homes if not (ROOT / home).exists()]
    assert not gone, listed(gone)


def test_heavy_libraries_are_imported_inside_functions() -> None:
    early = [
        f"{source.where}:{wanted.line} imports {wanted.module}"
        for source in sources().values()
        if not in_home(source.where, RUN_BY_HEAVY)
        for wanted in source.imports()
        if wanted.at_top_level and wanted.library in HEAVY
    ]
    assert not early, listed(early)


def test_the_environment_is_read_in_one_place() -> None:
    reading = [
        f"{source.where}:{node.lineno}"
        for source in sources().values()
        if source.where not in MAY_READ_THE_ENVIRONMENT
        for node in ast.walk(source.tree)
        if names_the_environment(node)
    ]
    assert not reading, listed(reading)


def names_the_environment(node: ast.AST) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in names for alias in node.names)
    return isinstance(node, ast.Attribute) and node.attr in names


def test_no_function_writes_to_a_global() -> None:
    writing = [
        f"{source.where}:{node.lineno}"
        for source in sources().values()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Global)
    ]
    assert not writing, listed(writing)


def test_imports_are_absolute() -> None:
    relative = [
        f"{source.where}:{wanted.line}"
        for source in sources().values()
        for wanted in source.imports()
        if wanted.relative
    ]
    assert not relative, listed(relative)


def test_every_package_is_looked_at() -> None:
    assert {name.partition(".")[0] for name in sources()} == {*PACKAGES, "app"}
