#!/usr/bin/env python3
"""Sets up the lessons and starts them: python3 start.py --help tells how. Needs Python 3.11 or newer and nothing else.

This file only sees to it that the Python at hand will do; the work is in tools/run.py and tools/setting_up.py. It must
parse where Python is far too old, to say so in plain words: no f-strings, no annotations.
"""

import os
import subprocess
import sys

NEEDED = (3, 11)
TRIED = (3, 14)
ROOT = os.path.dirname(os.path.realpath(__file__))


def newer_pythons():
    """Commands on the PATH that do start a new enough Python."""
    found = []
    for minor in range(TRIED[1], NEEDED[1] - 1, -1):
        name = "python3.%d" % minor
        try:
            with open(os.devnull, "w") as nowhere:
                if subprocess.call([name, "-c", "pass"], stdout=nowhere, stderr=nowhere) == 0:
                    found.append(name)
        except OSError:
            pass
    return found


def complaint(version=sys.version_info[:3], maxsize=sys.maxsize, root=ROOT):
    """Why the lessons cannot start here and what to do about it; None where they can."""
    if version[:2] < NEEDED:
        numbers = tuple(".".join(str(part) for part in parts) for parts in (NEEDED, version))
        text = "The lessons need Python %s or newer; this is Python %s.\n" % numbers
        newer = newer_pythons()
        if newer:
            return text + "A newer one is on this machine. Run:  %s start.py" % newer[0]
        if os.name == "nt":
            return text + "Install a newer Python from python.org, then run:  py start.py"
        return text + "Install a newer Python (from python.org or your system's packages) and use that."
    if maxsize <= 2**32:
        return "This is a 32-bit Python; SciPy needs a 64-bit one. Install the 64-bit Python from python.org."
    if not os.path.exists(os.path.join(root, "tools", "run.py")):
        return "start.py stands alone here:  %s\nUnpack the whole folder of the lessons, then run it there." % root
    return None


def main(arguments):
    text = complaint()
    if text:
        sys.stderr.write("\n%s\n" % text)
        return 1
    sys.path.insert(0, ROOT)
    from tools import run

    return run.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
