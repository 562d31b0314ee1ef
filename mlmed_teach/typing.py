"""Types that the annotations of all wings share."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
