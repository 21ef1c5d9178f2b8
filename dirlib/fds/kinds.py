"""The three kinds of covariance, by the names that users know."""

from dirlib.fds.covariance import Diagonal, Full
from dirlib.fds.low_rank import LowRank

COVARIANCES = {kind.name: kind for kind in (Diagonal, Full, LowRank)}
