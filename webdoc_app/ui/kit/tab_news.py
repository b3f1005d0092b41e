"""News while a merchant's tab is in the background; what it does is told in tab_news.js."""

import reflex as rx


class TabNews(rx.Component):
    """Counts news in the tab's title; asks whether the browser may show them, and then does, in the background."""

    library = rx.asset("tab_news.js", shared=True).importable_path
    tag = "TabNews"

    unread: rx.Var[int]
    newest: rx.Var[str]
    sentence: rx.Var[str]
    label: rx.Var[str]
