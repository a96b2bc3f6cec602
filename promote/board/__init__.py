"""The matrix of apps × environments: what runs where, what is waiting to come, and what keeps it. Pure: it asks."""

from promote.board.cell import Behind, Board, Cell, Pull, Stop
from promote.board.draw import draw

__all__ = ["Behind", "Board", "Cell", "Pull", "Stop", "draw"]
