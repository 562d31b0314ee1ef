"""Types that the annotations of all wings share."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.intp]  # codes, positions and counts: what NumPy itself counts in, 32 bits in a browser
