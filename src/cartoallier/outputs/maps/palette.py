"""Colours of the maps (VISUAL): orange says distance, blue says need, dark is more."""

from __future__ import annotations

ACCESS = ("#fff7e6", "#fed49e", "#fdae61", "#d9601a", "#8c2d04")
"""Minutes and shares, near to far; L* 97 87 77 55 33."""
NEED = ("#eef3f8", "#c3d9ea", "#8fbadc", "#4684b8", "#1c4a78")
"""Need, low to high: L* 96 85 73 53 31."""
PROFILES = ("#f9f4d8", "#b9ded5", "#eba8b8", "#a1a443", "#408abf", "#964f9c")
"""Dominant profiles, which a letter names as well; L* 96 86 76 65 55 45: six greys in print."""
COVERED = {"couverte": ACCESS[0], "en_partie": ACCESS[2], "non_couverte": ACCESS[3]}
"""Themes decided by a zone of eligibility."""
BIVARIATE = (
    ("#3f7fb5", "#3e6463", "#3b4320"),
    ("#9cc4df", "#9a9a7a", "#936727"),
    ("#dcdcd6", "#f1c186", "#e7812b"),
)
"""Need (rows, high first, as the key is drawn) and access (columns, near to far), for the screen.

Its nine do not separate in grey: what is printed shows need and minutes side by side.
"""
BASE = "#f1f1ec"
"""Communes when nothing is drawn on them."""

_PICKS = {1: (2,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}


def ramp(colours: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return ``count`` colours of a ramp, its ends included from three classes on."""
    if count in _PICKS:
        return tuple(colours[i] for i in _PICKS[count])
    last = len(colours) - 1
    return tuple(_mix(colours, i * last / (count - 1)) for i in range(count))


def _mix(colours: tuple[str, ...], position: float) -> str:
    low = min(int(position), len(colours) - 2)
    part = position - low
    first, second = _channels(colours[low]), _channels(colours[low + 1])
    mixed = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def lightness(colour: str) -> float:
    """Return CIE L* of ``#rrggbb``: what is left of a colour in a grey print."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return float(116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance)
