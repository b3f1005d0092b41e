"""Files laid beside a document: hidden from the client until the merchant shows them."""

import reflex as rx

from webdoc_app.reads.file_links import FileLink
from webdoc_app.services.files import remove_file, show_file
from webdoc_app.ui.dashboard.document_state import DocumentPage
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.file_field import file_link
from webdoc_app.ui.kit.files import file_sender
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import panel
from webdoc_app.ui.kit.words import t


class DocumentFiles(rx.State):
    """What can be done with the files; the page shows them anew at the news of it."""

    @rx.event
    @merchant_only
    async def show(self, file_id: str, visible: bool) -> None:
        await show_file(member().company_id, str(file_id), member().actor, visible=visible is True)

    @rx.event
    @merchant_only
    async def remove(self, file_id: str) -> None:
        await remove_file(member().company_id, str(file_id), member().actor)

    @rx.event
    @merchant_only
    async def added(self, _file_id: str) -> None:
        """The file is there: the news of it has told the page."""

    @rx.event
    @merchant_only
    async def refused(self, words: str) -> None:
        (await self.get_state(Notice))._say(str(words)[:300], problem=True)


def document_files() -> rx.Component:
    return panel(
        t("Fichiers"),
        rx.cond(
            DocumentPage.files.length() > 0,
            rx.el.ul(rx.foreach(DocumentPage.files, _file), class_name="files beside"),
            rx.el.p(
                t("Plans, photos, conditions : votre client ne voit que ce que vous lui montrez."),
                class_name="soft",
            ),
        ),
        file_sender(
            rx.Var.create("/app/documents/") + DocumentPage.head.id + "/files",
            "file",
            label=t("Ajouter un fichier"),
            busy=t("Envoi…"),
            failure=t("Le fichier n’est pas parti. Réessayez."),
            accept="application/pdf,image/png,image/jpeg",
            on_sent=DocumentFiles.added,
            on_refused=DocumentFiles.refused,
            testid="add-file",
        ),
    )


def _file(file: rx.Var[FileLink]) -> rx.Component:
    return rx.el.li(
        file_link(file),
        rx.el.label(
            rx.el.input(
                type="checkbox",
                default_checked=file.visible,
                on_change=lambda visible: DocumentFiles.show(file.id, visible),
                custom_attrs={"data-testid": "file-visible"},
            ),
            rx.el.span(t("Visible par le client")),
            class_name="tick",
        ),
        rx.el.button(
            icon("remove"),
            rx.el.span(t("Supprimer le fichier"), class_name="sr"),
            type="button",
            class_name="icon-btn",
            on_click=DocumentFiles.remove(file.id),
        ),
        key=file.id + file.visible.to_string(),
        custom_attrs={"data-testid": "document-file"},
    )
