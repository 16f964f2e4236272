"""Pieces of SVG for the drawings: paths, ellipses, gradients that round a body."""


def shade(name: str, dark: str, light: str, across: bool = True) -> str:
    """A gradient from dark over light to dark, as on something round; used as url(#name)."""
    turn = "" if across else ' x1="0" y1="0" x2="0" y2="1"'
    stops = f'<stop offset="0" stop-color="{dark}"/><stop offset=".38" stop-color="{light}"/>'
    return f'<linearGradient id="{name}"{turn}>{stops}<stop offset="1" stop-color="{dark}"/></linearGradient>'


def path(d: str, fill: str, line: str = "none", wide: float = 0) -> str:
    """A filled path with a line around it."""
    ends = 'stroke-linejoin="round" stroke-linecap="round"'
    return f'<path d="{d}" fill="{fill}" stroke="{line}" stroke-width="{wide}" {ends}/>'


def line(d: str, colour: str, wide: float) -> str:
    """A path that is only a line."""
    return path(d, "none", colour, wide)


def oval(x: float, y: float, rx: float, ry: float, fill: str, turn: float = 0) -> str:
    """An ellipse, turned by degrees."""
    return f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{fill}" transform="rotate({turn} {x} {y})"/>'


def block(x: float, y: float, wide: float, high: float, fill: str, round_by: float = 0) -> str:
    """A rectangle with round corners."""
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="{round_by}" fill="{fill}"/>'


def tile(x: float, y: float, fill: str, turn: float) -> str:
    """A small stone about a place, turned by degrees."""
    where = f'x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" rx="2"'
    return f'<rect {where} fill="{fill}" transform="rotate({turn:.0f} {x:.1f} {y:.1f})"/>'
