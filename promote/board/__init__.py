"""The matrix of apps × environments: what runs where, what is waiting to come, and what keeps it. Pure: it asks."""

from promote.board.cell import Behind, Board, Cell, Pull, Stop
from promote.board.draw import draw
from promote.board.trend import Trend
from promote.board.upstream import upstream

__all__ = ["Behind", "Board", "Cell", "Pull", "Stop", "Trend", "draw", "upstream"]
