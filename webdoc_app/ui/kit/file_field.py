"""A file in a composer, and files as links; how a file travels is told in file_field.js."""

import reflex as rx
from reflex.event import no_args_event_spec

from webdoc_app.reads.file_links import FileLink
from webdoc_app.ui.kit.parts import anchor, user_text


class FileField(rx.Component):
    """A field `file` in a form: where one is chosen the form, and `hidden`, is posted to `address`."""

    library = rx.asset("file_field.js", shared=True).importable_path
    tag = "FileField"

    address: rx.Var[str]
    hidden: rx.Var[dict]
    label: rx.Var[str]
    remove_label: rx.Var[str]
    failure: rx.Var[str]

    on_posted: rx.EventHandler[no_args_event_spec]


def file_links(files: rx.Var[tuple[FileLink, ...]]) -> rx.Component:
    """The files of a message."""
    return rx.cond(files.length() > 0, rx.el.ul(rx.foreach(files, _item), class_name="files"), rx.fragment())


def _item(file: rx.Var[FileLink]) -> rx.Component:
    return rx.el.li(file_link(file), key=file.id)


def file_link(file: rx.Var[FileLink]) -> rx.Component:
    """A download: its name and its size."""
    return anchor(
        user_text(file.name),
        " ",
        rx.el.small(file.size),
        href=file.address,
        download=True,
        custom_attrs={"data-testid": "file"},
    )
