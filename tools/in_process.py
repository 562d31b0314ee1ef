"""Running a lesson inside this very process, where everything is imported already: a kernel takes seconds."""

import ast

import matplotlib
from IPython.display import display
from matplotlib import pyplot as plt

from tools.stored import read


def run_cells(path):
    """Run all code cells of a notebook in order, show each last value as a notebook would, and draw every picture.

    The error of a cell that fails says which cell it was. Settings of Matplotlib are as before afterwards.
    """
    names = {"__name__": "__main__", "display": display}
    with matplotlib.rc_context():
        for number, cell in enumerate(read(path).cells, 1):
            if cell.cell_type == "code":
                try:
                    _run(cell.source, names, f"{path.name}, cell {number}")
                    for figure in map(plt.figure, plt.get_fignums()):
                        figure.canvas.draw()
                except Exception as error:
                    error.add_note(f"in cell {number} of {path.name}:\n{cell.source}")
                    raise
                finally:
                    plt.close("all")


def _run(source, names, where):
    statements = ast.parse(source, where).body
    last = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    exec(compile(ast.Module(statements, []), where, "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), where, "eval"), names)
        print(repr(value))
        if hasattr(value, "_repr_html_"):
            value._repr_html_()
