"""A company's colour as ink: kept where it reads well, else darkened or lightened until it does."""

import re
from dataclasses import dataclass

DEFAULT_COLOR = "#1f4fd8"
AA_RATIO = 4.5
"""Least contrast of body text (WCAG 2.2, 1.4.3)."""

# Of each theme the surface that leaves a colour the least contrast: what reads there reads everywhere.
LIGHT_SURFACE, DARK_SURFACE = "#f4f2ee", "#1c1f25"
WHITE, NIGHT = "#ffffff", "#10131a"

_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 50


@dataclass(frozen=True)
class Accent:
    """A colour as it is used in each theme, and the text colour that reads on it. All `#rrggbb`."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def accent_of(color: str) -> Accent:
    """The accent of a company's colour (`#rrggbb`, any case); anything else takes the default colour."""
    wanted = color.strip().lower()
    wanted = wanted if _HEX.fullmatch(wanted) else DEFAULT_COLOR
    return Accent(
        light=readable(wanted, LIGHT_SURFACE),
        on_light=WHITE,
        dark=readable(wanted, DARK_SURFACE),
        on_dark=NIGHT,
    )


def readable(color: str, surface: str, ratio: float = AA_RATIO) -> str:
    """`color`, or the nearest mix of it with black (on a light surface) or white that reaches `ratio`."""
    pole = "#000000" if _luminance(surface) > 0.18 else WHITE
    for step in range(_STEPS + 1):
        mixed = _mix(color, pole, step / _STEPS)
        if contrast(mixed, surface) >= ratio:
            return mixed
    return pole


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _mix(color: str, pole: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(pole), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
