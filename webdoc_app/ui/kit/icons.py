"""Line icons, drawn on 24 × 24, in the colour of the text around them."""

import reflex as rx

_PATHS = {
    "home": "M4 11l8-7 8 7v9H4zM10 20v-6h4v6",
    "document": "M6 3h8l4 4v14H6zM14 3v4h4M9 13h6M9 17h6",
    "people": "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c1-5 4-7 8-7s7 2 8 7",
    "mail": "M4 6h16v12H4zM4 7l8 6 8-6",
    "settings": "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
    "bell": "M6 17V11a6 6 0 0112 0v6l2 2H4zM10 21h4",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5",
    "eye": "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 100-6 3 3 0 000 6z",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "upload": "M12 16V4M7 9l5-5 5 5M4 20h16",
    "up": "M6 15l6-6 6 6",
    "down": "M6 9l6 6 6-6",
    "remove": "M6 6l12 12M18 6L6 18",
    "check": "M5 12l5 5 9-10",
    "warning": "M12 4l9 16H3zM12 10v4M12 17v.5",
    "leave": "M10 4H5v16h5M14 8l4 4-4 4M8 12h10",
    "lock": "M6 11h12v9H6zM9 11V8a3 3 0 016 0v3",
    "card": "M3 6h18v12H3zM3 10h18M7 15h3",
    "chat": "M4 5h16v11H9l-5 4z",
}


def icon(name: str) -> rx.Component:
    """Decoration: hidden from screen readers, words stand beside it."""
    return rx.el.svg(
        rx.el.path(d=_PATHS[name]),
        view_box="0 0 24 24",
        class_name="icon",
        custom_attrs={"aria-hidden": "true"},
    )
