#!/usr/bin/env python3
"""Set up the lessons and start them. Needs Python 3.11 or newer and nothing else.

  python3 start.py                  set up (first time only), then open JupyterLab on the first lesson
  python3 start.py lab [...]        the same; what follows goes to JupyterLab, e.g. --no-browser --port 8890
  python3 start.py test [...]       run all tests; what follows goes to pytest, e.g. tests/test_data.py -x
  python3 start.py refresh [...]    run the notebooks again and store their outputs, e.g. 02 or 02_three_models
  python3 start.py --help           this text

On Windows write "py" instead of "python3". Everything is installed into the folder .venv beside this file; to start
over, or to remove it all, delete that folder.
"""
# This file must still parse where Python is far too old, to say so in plain words: no f-strings, no annotations.

from __future__ import print_function

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time

NEEDED = (3, 11)
TRIED = (3, 14)
RECIPE = 1  # raise it when the steps of set_up() change: every .venv is then updated once
ROOT = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "mlmed-teach-ready.json")  # written last: present means complete
MARKER = os.path.join(VENV, "made-by-start-py.txt")  # written first: present means ours to rebuild
LOG = os.path.join(VENV, "set-up.log")
FIRST_LESSON = "/lab/tree/notebooks/00_start_here.ipynb"


class Problem(Exception):
    """Something the reader of the message can act on."""


def say(text, end="\n"):
    sys.stdout.write(text + end)
    sys.stdout.flush()


# ---- what must be there before anything else -------------------------------------------------------------------------


def version_text(version):
    return ".".join(str(part) for part in version)


def newer_pythons():
    """Commands on the PATH that do start a new enough Python."""
    found = []
    for minor in range(TRIED[1], NEEDED[1] - 1, -1):
        name = "python3.%d" % minor
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if os.path.isfile(os.path.join(folder, name)):
                try:
                    with open(os.devnull, "w") as nowhere:
                        if subprocess.call([name, "-c", "pass"], stdout=nowhere, stderr=nowhere) == 0:
                            found.append(name)
                except OSError:
                    pass
                break
    return found


def check_python(version=None, maxsize=None):
    version = tuple(version or sys.version_info[:3])
    if version[:2] < NEEDED:
        needed, here = version_text(NEEDED), version_text(version)
        lines = ["The lessons need Python %s or newer; this is Python %s." % (needed, here)]
        newer = newer_pythons()
        if newer:
            lines.append("A newer one is on this machine. Run:  %s start.py" % newer[0])
        elif os.name == "nt":
            lines.append("Install a newer Python from python.org, then run:  py start.py")
        else:
            lines.append("Install a newer Python (from python.org or your system's packages) and use that.")
        raise Problem("\n".join(lines))
    if (maxsize or sys.maxsize) <= 2**32:
        raise Problem("This is a 32-bit Python; SciPy needs a 64-bit one. Install the 64-bit Python from python.org.")


def check_venv():
    """Debian and Ubuntu ship Python without the parts that make virtual environments."""
    missing = []
    for name in ("venv", "ensurepip"):
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    if missing:
        text = "This Python cannot make virtual environments: its module %s is missing.\n" % " and ".join(missing)
        if os.path.exists("/etc/debian_version"):
            text += "Install it, then run this again:  sudo apt install python%d.%d-venv" % sys.version_info[:2]
        else:
            text += "Install your system's package for it (often called python3-venv), or Python from python.org."
        raise Problem(text)


# ---- is .venv ready? -------------------------------------------------------------------------------------------------


def in_venv(venv, *names):
    """Path of a program inside a virtual environment."""
    folder = os.path.join(venv, "Scripts" if os.name == "nt" else "bin")
    return os.path.join(folder, *names)


def venv_python(venv):
    return in_venv(venv, "python.exe" if os.name == "nt" else "python")


def read_text(path):
    with io.open(path, encoding="utf-8") as file:  # also turns CRLF into LF, so the hash does not depend on it
        return file.read()


def wanted_stamp():
    """What a finished .venv must say of itself: which Python, where, and installed from what."""
    content = hashlib.sha256()
    for name in ("requirements.lock", "pyproject.toml"):
        content.update(read_text(os.path.join(ROOT, name)).encode("utf-8"))
    return {
        "python": "%s-%d.%d" % ((sys.implementation.name,) + sys.version_info[:2]),
        "folder": os.path.normcase(VENV),
        "content": content.hexdigest(),
        "recipe": RECIPE,
    }


def found_stamp():
    try:
        stamp = json.loads(read_text(STAMP))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def interpreter_alive(venv):
    """False where the Python that .venv was made from has gone (upgraded, uninstalled, or on another machine)."""
    try:
        home = re.search(r"^home\s*=\s*(.+?)\s*$", read_text(os.path.join(venv, "pyvenv.cfg")), re.MULTILINE)
    except (OSError, ValueError):
        return False
    return bool(home) and os.path.isdir(home.group(1)) and os.path.exists(venv_python(venv))


def state():
    """'ready', 'update' (same Python and folder, other packages) or 'build'."""
    wanted, found = wanted_stamp(), found_stamp()
    if not found or not interpreter_alive(VENV):
        return "build"
    if found == wanted:
        return "ready"
    same = all(found.get(key) == wanted[key] for key in ("python", "folder"))
    return "update" if same else "build"


# ---- making it -------------------------------------------------------------------------------------------------------


def child_environment():
    """The environment of everything that runs inside .venv: nothing leaks in, nothing is installed elsewhere."""
    env = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"):
        env.pop(name, None)
    env.pop("MPLBACKEND", None)  # another backend would leave the notebooks without pictures
    env["PIP_USER"] = "0"
    env["VIRTUAL_ENV"] = VENV
    env["PATH"] = in_venv(VENV) + os.pathsep + env.get("PATH", os.defpath)
    # The lessons look alike on every machine: no start-up scripts or plot styles from the home folder.
    env["IPYTHONDIR"] = os.path.join(VENV, "var", "ipython")
    env["MPLCONFIGDIR"] = os.path.join(VENV, "var", "matplotlib")
    return env


def explain(output):
    """What probably went wrong, from the installer's own words."""
    text = output.lower()
    if any(words in text for words in ("no space left", "errno 28", "not enough space", "quota exceeded")):
        return "The disk is full. The packages need about 1 GB; make room, then run this again."
    if any(words in text for words in ("permission denied", "errno 13", "read-only file system", "access is denied")):
        return (
            "Python may not write here. Move this folder into one of your own (your home folder), then run this again."
        )
    network = ("failed to establish a new connection", "name resolution", "connection error", "connectionerror",
               "timed out", "proxyerror", "max retries", "network is unreachable", "getaddrinfo", "certificate",
               "connection aborted", "connection reset", "incompleteread")  # fmt: skip
    if any(words in text for words in network):
        return "The package server was not reached. Check the internet connection (or the proxy), then run this again."
    if "no matching distribution" in text or "could not find a version" in text:
        name = re.search(r"no matching distribution found for (\S+)", text)
        text = "There is no %s for this Python (%s) and system." % (
            name.group(1) if name else "suitable package",
            version_text(sys.version_info[:3]),
        )
        if sys.version_info[:2] > TRIED:
            return text + " Python %s is the newest that was tried; use that." % version_text(TRIED)
        return text + " Without internet this message appears too: check the connection, then run this again."
    return "Run this again; if it stops here once more, delete the folder .venv first."


def run_logged(title, command, progress=None):
    """Run a step of the set-up with its output in the log; raise Problem with the last lines when it fails."""
    with io.open(LOG, "a", encoding="utf-8") as log:
        log.write("\n== %s\n" % title)
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        lines = []
        try:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                lines.append(line)
                log.write(line + "\n")
                if progress:
                    progress(line)
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            if progress:
                progress(None)
    if code != 0:
        last = "\n".join("    " + line for line in lines[-8:])
        raise Problem(
            "%s failed. The last lines of its output:\n\n%s\n\n%s\nThe whole output: %s"
            % (title, last, explain("\n".join(lines)), LOG)
        )


def show_progress():
    """A line that counts packages, on a terminal; silent elsewhere."""
    if not sys.stdout.isatty():
        return None
    total = len(re.findall(r"^[A-Za-z0-9]", read_text(os.path.join(ROOT, "requirements.lock")), re.MULTILINE))
    seen = [0]

    def progress(line):
        if line is None:
            say("\r" + " " * 70 + "\r", end="")
        elif line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen[0] += 1
            name = re.split(r"[=<>!~;\s]", line.split(": ")[-1].replace("Collecting ", ""))[0]
            say(("\r  package %d of at most %d: %s" % (seen[0], total, name)).ljust(70), end="")
        elif line.startswith("Installing collected packages"):
            say("\r  unpacking, about a minute ...".ljust(70), end="")

    return progress


def clear_venv():
    """Remove a .venv that this script made; anything else of that name is not ours to delete."""
    if not os.path.lexists(VENV):
        return
    ours = os.path.exists(MARKER) or (os.path.isdir(VENV) and not os.path.islink(VENV) and not os.listdir(VENV))
    if not ours:
        raise Problem(
            "start.py did not make the .venv that is here:\n  %s\nMove or delete it, then run this again." % VENV
        )
    running = os.path.normcase(os.path.realpath(sys.prefix)) == os.path.normcase(VENV)
    if running and os.name == "nt":
        raise Problem("The folder .venv must be made anew, but is in use. Type:  deactivate\nThen run this again.")
    try:
        os.remove(STAMP)
    except OSError:
        pass
    try:
        for name in os.listdir(VENV):  # the marker goes last, so that an interrupted removal is still ours
            path = os.path.join(VENV, name)
            if path != MARKER:
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
        shutil.rmtree(VENV)
    except OSError as error:
        raise Problem(
            "The folder .venv must be made anew, but cannot be deleted (%s).\n"
            "Close JupyterLab and every program that uses it, then run this again." % error
        )


def make_venv():
    clear_venv()
    os.makedirs(VENV)
    with io.open(MARKER, "w", encoding="utf-8") as file:
        file.write("start.py made this folder and rebuilds it when needed. Keep nothing of your own in it.\n")
    # From inside some other virtual environment, build from the Python beneath it.
    base = getattr(sys, "_base_executable", None) or sys.executable
    run_logged("Making the virtual environment", [base, "-m", "venv", VENV])


def quiet_jupyter():
    """No question about news on the first start, no look for updates: the first thing to see is the lesson."""
    folder = os.path.join(VENV, "share", "jupyter", "lab", "settings")
    if not os.path.isdir(folder):
        os.makedirs(folder)
    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    with io.open(os.path.join(folder, "overrides.json"), "w", encoding="utf-8") as file:
        file.write("%s\n" % json.dumps(settings, indent=2))


def set_up():
    """Make .venv what requirements.lock and pyproject.toml say. A stamp, written last, tells the next run."""
    todo = state()
    if todo == "ready":
        return
    began = time.time()
    if not os.access(ROOT, os.W_OK):
        raise Problem("%s\n%s" % (explain("permission denied"), "The folder: " + ROOT))
    if todo == "build":
        check_venv()
        say("Setting up in %s (once; needs internet and about 1 GB, takes a few minutes) ..." % VENV)
        make_venv()
    else:
        say("Updating the packages in %s ..." % VENV)
        os.remove(STAMP)
    python = venv_python(VENV)
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    # The lock is complete, so pip need not resolve anything, here or for the package itself.
    lock = os.path.join(ROOT, "requirements.lock")
    run_logged("Installing the packages", pip + ["--no-deps", "-r", lock], show_progress())
    run_logged("Installing mlmed_teach", pip + ["--no-deps", "--no-build-isolation", "--editable", ROOT])
    quiet_jupyter()
    # A check that compiled packages load, which also builds matplotlib's list of fonts: otherwise the first picture of
    # the first lesson waits for it and prints a warning.
    check = "import matplotlib.font_manager, statsmodels.formula.api, jupyterlab, mlmed_teach"
    run_logged("A first try of the packages", [python, "-c", check])
    with io.open(STAMP, "w", encoding="utf-8") as file:
        file.write("%s\n" % json.dumps(wanted_stamp(), indent=1, sort_keys=True))
    say("Ready after %.0f seconds." % (time.time() - began))


# ---- handing over ----------------------------------------------------------------------------------------------------


def command_for(command, rest):
    python = venv_python(VENV)
    if command == "test":
        return [python, "-m", "pytest"] + rest
    if command == "refresh":
        return [python, "-m", "tools.refresh"] + rest
    # As the default address, the first lesson is also what the printed link opens where no browser is at hand.
    return [python, "-m", "jupyterlab", "--ServerApp.root_dir=" + ROOT, "--LabApp.default_url=" + FIRST_LESSON] + rest


def hand_over(command):
    os.chdir(ROOT)
    sys.stdout.flush()
    env = child_environment()
    if os.name != "nt":
        os.execve(command[0], command, env)
    process = subprocess.Popen(command, env=env)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # the program got the same Ctrl-C and ends in its own way


def parse(arguments):
    """(command, what follows it). Options without a command are JupyterLab's."""
    if not arguments:
        return "lab", []
    first = arguments[0]
    if first in ("-h", "--help", "help"):
        return "help", []
    if first in ("lab", "test", "refresh"):
        return first, arguments[1:]
    if first.startswith("-"):
        return "lab", arguments
    raise Problem('There is no command "%s". Choose lab, test or refresh, or see:  python3 start.py --help' % first)


def main(arguments):
    try:
        command, rest = parse(arguments)
        if command == "help":
            say(__doc__.strip())
            return 0
        check_python()
        set_up()
        if command == "lab":
            say("Starting JupyterLab. Leave this window open; Ctrl-C ends it.")
        return hand_over(command_for(command, rest))
    except Problem as problem:
        sys.stdout.flush()
        sys.stderr.write("\n%s\n" % problem)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Run the same command to go on.\n")
        return 130
    except (OSError, IOError) as error:
        sys.stderr.write("\nThat did not work: %s\n%s\n" % (error, explain(str(error))))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
