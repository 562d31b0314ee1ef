"""The commands of start.py: what `python3 start.py NAME ...` runs, in .venv, once that is ready.

Like tools/setting_up.py this runs in whatever Python a person has (3.11 or newer): standard library only.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

from tools.setting_up import ROOT, OldestVenv, Problem, Venv, explain


@dataclass(frozen=True)
class Command:
    """What .venv runs as ``python -m module``; its arguments are `first`, then what the person wrote."""

    module: str
    help: str
    usage: str = "[...]"
    first: tuple[str, ...] = ()


# As the default address, the first lesson is also what the printed link opens where no browser is at hand.
LAB = (f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb")

# A file's tests stay together: they share fits, a notebook's cells a kernel, and those in a browser a server.
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile")

# Asked of "test": the oldest releases that pyproject.toml allows. Stored outputs, style and types (by the NumPy and the
# tools of the lock), the browser tests and the wheels of JupyterLite are the lock's.
OLDEST = "--oldest"
OF_THE_LOCK = ("tests/browser", "tests/site/test_lite.py", "tests/test_notebooks.py", "tests/test_style.py")
UNIT_TESTS = ("-o", "testpaths=tests", *(f"--ignore={path}" for path in OF_THE_LOCK))

# One line for each; nothing else has to know of a new one.
COMMANDS = {
    "lab": Command("jupyterlab", "the same; what follows goes to JupyterLab, e.g. --no-browser --port 8890", first=LAB),
    "test": Command(
        "pytest", "run all tests; what follows goes to pytest, e.g. -x; --oldest: see below", first=TWO_AT_ONCE
    ),
    "refresh": Command("tools.refresh", "run the notebooks again and store their outputs, e.g. 02 or 02_three_models"),
    "ready": Command("tools.ready", "the evening before a class: look whether all is here and all lessons run"),
    "slides": Command("tools.slides", "make slides of lessons, files that need no network, e.g. of 04"),
    "site": Command("tools.site.build", "make a web site of everything, to read; a folder for any web space"),
    "assignment": Command("tools.assignment", "write exercises for nbgrader, with solutions and tests, e.g. of 04"),
}

HELP = """\
Set up the lessons and start them. Needs Python 3.11 or newer and nothing else.

{commands}

On Windows write "py" instead of "python3". Everything is installed into the folder .venv beside start.py; to start
over, or to remove it all, delete that folder. test --oldest runs the unit tests with the oldest packages that
pyproject.toml allows, in .venv-oldest."""


def help_text():
    """What --help prints, with a line for each command."""
    lines = {"": "set up (first time only), then open JupyterLab on the first lesson"}
    lines |= {f"{name} {command.usage}": command.help for name, command in COMMANDS.items()}
    lines["--help"] = "this text"
    return HELP.format(commands="\n".join(f"  python3 start.py {what:<16} {text}" for what, text in lines.items()))


def parse(arguments):
    """(name of the command, what follows it). Options without a command are JupyterLab's."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        return "lab", arguments
    name, *rest = arguments
    if name in ("-h", "--help", "help"):
        return "help", []
    if name not in COMMANDS:
        *others, last = COMMANDS
        choice = f"{', '.join(others)} or {last}"
        raise Problem(f'There is no command "{name}". Choose {choice}, or see:  python3 start.py --help')
    return name, rest


def hand_over(command, env):
    """Run a program in the place of this one; where that cannot be, wait for it and return its exit code."""
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, env)
    process = subprocess.Popen(command, env=env)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # the program got the same Ctrl-C and ends in its own way


def main(arguments):
    """Do what the command line says; returns the exit code where the process is still this one."""
    try:
        name, rest = parse(arguments)
        if name == "help":
            print(help_text())
            return 0
        oldest = name == "test" and OLDEST in rest
        venv = OldestVenv() if oldest else Venv()
        venv.set_up()
        if name == "lab":
            print("Starting JupyterLab. Leave this window open; Ctrl-C ends it.")
        command = COMMANDS[name]
        if oldest:
            rest = [*UNIT_TESTS, *(word for word in rest if word != OLDEST)]
        return hand_over([str(venv.python), "-m", command.module, *command.first, *rest], venv.variables())
    except Problem as problem:
        text, code = str(problem), 1
    except KeyboardInterrupt:
        text, code = "Stopped. Run the same command to go on.", 130
    except OSError as error:
        text, code = f"That did not work: {error}\n{explain(str(error))}", 1
    sys.stdout.flush()
    print(f"\n{text}", file=sys.stderr)
    return code
