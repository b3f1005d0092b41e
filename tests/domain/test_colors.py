import colorsys

from hypothesis import given
from hypothesis import strategies as st

from webdoc_app.domain.colors import DARK_SURFACE, DEFAULT_COLOR, LIGHT_SURFACE, accent_of, contrast, readable

COLORS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_of_known_pairs():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert contrast("#1f4fd8", "#1f4fd8") == 1


@given(COLORS)
def test_every_colour_becomes_ink_that_reads_in_both_themes(color):
    accent = accent_of(color)
    for surface in ("#ffffff", LIGHT_SURFACE):
        assert contrast(accent.light, surface) >= 4.5
    for surface in ("#14161a", DARK_SURFACE):
        assert contrast(accent.dark, surface) >= 4.5
    assert contrast(accent.light, accent.on_light) >= 4.5
    assert contrast(accent.dark, accent.on_dark) >= 4.5


def test_a_colour_that_reads_is_kept():
    assert accent_of("#7A1F3D").light == "#7a1f3d"
    assert accent_of("#ffd166").dark == "#ffd166"


def test_a_pale_colour_is_darkened_and_stays_recognisable():
    darkened = readable("#ffff00", LIGHT_SURFACE)
    hue, _, _ = colorsys.rgb_to_hls(*(int(darkened[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    assert round(hue * 360) == 60


def test_what_is_no_colour_takes_the_default():
    for value in ("", "red", "#12", "#1f4fd8;}body{display:none", "url(x)"):
        assert accent_of(value) == accent_of(DEFAULT_COLOR)
