"""Which cells of a lesson a browser has to run: those that show a widget, and the cells that they need."""

import ast

SHOW_WIDGETS = {f"mt.{name}" for name in ("exercise", "predict", "solution")}


def shows_a_widget(source):
    """Whether a cell makes a lab or a card."""
    called = [ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return any(name in SHOW_WIDGETS or name.startswith("mt.labs.") for name in called)


def needed(sources):
    """Numbers of the cells that show a widget and, by the names that they use, of those before them that they need."""
    numbers, wanted = [], set()
    modules = set().union(*map(imported, sources))
    for number, source in reversed(list(enumerate(sources))):
        made, used = names(source, modules)
        if shows_a_widget(source) or made & wanted:
            numbers.append(number)
            wanted = (wanted - made) | used
    return numbers[::-1]


def imported(source):
    """The names of modules and of what is imported from them."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom))
    return {(alias.asname or alias.name).partition(".")[0] for node in nodes for alias in node.names}


def names(source, modules):
    """The names that a cell makes or changes, and those that it uses. A changed one is used as well."""
    made, used = imported(source), set()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.AugAssign):
            used |= roots(node.target)
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            made |= roots(node)
    # What is only called, and is not the value of the cell, may change what it is called on: rows.append(row)
    value = tree.body[-1] if tree.body else None
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node is not value:
            made |= roots(node.value.func) - {getattr(node.value.func, "id", None)} - modules
    return made, used


def roots(node):
    """The name of which a target is a part."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()
