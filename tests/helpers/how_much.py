"""How much of what could be tested is tested: as much as CI has time for, or with MLMED_TEACH_TESTS=all everything."""

import os

SETTING = os.environ.get("MLMED_TEACH_TESTS", "").strip()
ALL = SETTING == "all"
if SETTING not in ("", "all"):
    raise ValueError(f'MLMED_TEACH_TESTS is "{SETTING}"; it may be "all", or not set')
