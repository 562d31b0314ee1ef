"""The house stays as drawn: each wing imports only from the wings above it, and through their doors."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import mlmed_teach as mt

PACKAGE = Path(mt.__file__).parent
GROUND = ("errors", "version", "installation", "browser", "typing", "words", "validation")
WINGS = (
    *("show", "engine", "faq", "models", "stacked_model", "plots", "uncertainty", "mediation", "studies", "labs"),
    "exercises",
)
ORDER = (*GROUND, *WINGS)  # from the top of the list in CONTRIBUTING.md down; an import goes up
ROOMS = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(room):
    """(wing, what follows it) of everything of this package that a room imports, within functions and types too."""
    found = []
    for node in ast.walk(ast.parse((PACKAGE / room).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*room.parts[:-1]][: len(room.parts) - node.level]
            path = [*base, *(node.module.split(".") if node.module else [])]
            found += [(*path, alias.name) for alias in node.names] if not node.module else [tuple(path)]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mlmed_teach"):
            found.append(tuple(node.module.split(".")[1:]) or ("mlmed_teach",))
        elif isinstance(node, ast.Import):
            found += [("mlmed_teach",) for alias in node.names if alias.name.partition(".")[0] == "mlmed_teach"]
    return found


def test_every_room_lies_in_a_wing():
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", *GROUND}
    assert not loose
    assert {room.parts[0] for room in ROOMS} <= set(ORDER)


@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_imports_go_up_and_through_the_doors_of_other_wings(room):
    wing = room.parts[0]
    for target, *beyond in imports(room):
        assert target in ORDER, f"{room} imports the package itself, or what is no wing: {target}"
        if target != wing:
            assert ORDER.index(target) < ORDER.index(wing), f"{room} imports from {target}, which lies below it"
            assert not beyond, f"{room} reaches past the door of {target}, into {'.'.join(beyond)}"


def rooms_of(wing):
    return [room for room in ROOMS if room.parts[0] == wing and room.stem != "__init__"]


@pytest.mark.parametrize("wing", WINGS)
def test_rooms_of_a_wing_import_each_other_without_circles(wing):
    needs = {room.stem: {t[1] for t in imports(room) if len(t) > 1 and t[0] == wing} for room in rooms_of(wing)}
    free: set[str] = set()
    while needs:
        ready = {name for name, rooms in needs.items() if rooms <= free}
        assert ready, f"a circle among {sorted(needs)}"
        free |= ready
        needs = {name: rooms for name, rooms in needs.items() if name not in ready}


def test_every_wing_says_in_one_sentence_what_it_is():
    for wing in WINGS:
        doc = ast.get_docstring(ast.parse((PACKAGE / wing / "__init__.py").read_text(encoding="utf-8")))
        assert doc and "\n" not in doc and doc.endswith("."), wing


@pytest.mark.parametrize("wing", WINGS)
def test_no_room_bears_the_name_of_what_its_wing_offers(wing):
    """`published` is a namespace, which `mt.published` offers as it is."""
    offered = set(importlib.import_module(f"mlmed_teach.{wing}").__all__) - {"published"}
    assert not offered & {room.stem for room in rooms_of(wing)}


def test_the_table_in_contributing_names_every_room_in_the_order_of_the_wings():
    table = re.findall(
        r"^\| `(\w+)` \| (.+?) \|", (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M
    )
    assert [wing for wing, _ in table] == list(WINGS)
    for wing, rooms in table:
        assert set(re.findall(r"`(\w+)`", rooms)) == {room.stem for room in rooms_of(wing)}, wing
