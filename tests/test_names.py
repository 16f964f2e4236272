"""One name, one thing: no two classes and no two modules are called alike, but for pairs with a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.sources import sources

# Name -> why several may bear it. An entry that no pair needs any more has to go.
CLASSES: dict[str, str] = {}
MODULES = {
    "attribution": "of words in prompt/, of regions in image/: one method, occlusion, on two kinds of input",
    "catalogue": "the catalogue of messages and that of picture checks, each the list its folder is about",
    "child_safety": "one hard line, held for prompts in prompt/ and for pictures in image/",
    "config": "safety/config.py reads any TOML file, safety/image/config.py says what the picture checks' one holds",
    "health": "the command `health` and what it shows, by the name of the command",
    "helplines": "who helps, and how the page shows them: a view has the name of what it shows",
    "serialize": "records as JSON, once for the audit log's rows and once for the command line and the API",
    "settings": "what an operator sets, of the whole program and of the marks alone",
    "steering": "how strongly the policy wants a model steered, the engine that does it, the lesson that shows it",
    "testing": "each package ships its own fakes",
    "validation": "of a prompt, for which the safety layer needs no engine, and of a request, for one engine",
}


def shared(named: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Returns the names that stand in more than one place, from pairs of name and place."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def problems(found: Mapping[str, list[str]], allowed: Mapping[str, str]) -> list[str]:
    doubled = [f"{name}: {', '.join(places)}" for name, places in found.items() if name not in allowed]
    return doubled + [f"{name}: on the list, and borne by no two" for name in allowed if name not in found]


def test_no_two_classes_have_one_name() -> None:
    named = ((node.name, f"{source.where}:{node.lineno}") for source in sources().values() for node in source.classes())
    found = problems(shared(named), CLASSES)
    assert not found, "\n" + "\n".join(found)


def test_no_two_modules_have_one_name() -> None:
    named = ((source.path.stem, source.where) for source in sources().values() if source.path.stem != "__init__")
    found = problems(shared(named), MODULES)
    assert not found, "\n" + "\n".join(found)
