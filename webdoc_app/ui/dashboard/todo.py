"""The first block of the dashboard: what to do now, why, and the one button that does it."""

import reflex as rx

from webdoc_app.domain.documents import Kind
from webdoc_app.locales import translate
from webdoc_app.reads.todo import TodoList, TodoRow
from webdoc_app.services.chain import convert_document
from webdoc_app.services.followups import send_now
from webdoc_app.ui.guards import member, merchant_only
from webdoc_app.ui.kit.icons import icon
from webdoc_app.ui.kit.notice import Notice
from webdoc_app.ui.kit.parts import link, user_text
from webdoc_app.ui.kit.words import localized, path, t


class Todo(rx.State):
    """The buttons of the list. What they change is news, and the list is read again by it."""

    @rx.event
    @merchant_only
    async def remind(self, document_id: str) -> None:
        to = await send_now(member().company_id, str(document_id), member().actor)
        words = translate("La relance part à %(to)s.", member().language, {"to": to})
        (await self.get_state(Notice))._say(words, problem=False)

    @rx.event
    @merchant_only
    async def invoice(self, document_id: str) -> rx.event.EventSpec:
        """A draft invoice of what was accepted, open in the editor."""
        who = member()
        draft = await convert_document(who.company_id, str(document_id), Kind.INVOICE, who.actor)
        return rx.redirect(localized(f"/app/documents/{draft}/edit", who.language))


def todo_block(todo: rx.Var[TodoList], loaded: rx.Var[bool]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("À faire maintenant")),
        rx.cond(
            todo.rows.length() > 0,
            rx.fragment(
                rx.el.ol(rx.foreach(todo.rows, _row), class_name="todo-list"),
                rx.cond(
                    todo.more != "",
                    rx.el.p(t("Et encore\N{NO-BREAK SPACE}: "), rx.el.b(todo.more), class_name="soft"),
                    rx.fragment(),
                ),
            ),
            rx.cond(
                loaded,
                rx.el.p(icon("check"), t("Rien à faire : tout est à jour."), class_name="complete"),
                rx.el.div(class_name="skeleton"),
            ),
        ),
        class_name="panel todo",
        custom_attrs={"data-testid": "todo"},
    )


def _row(row: rx.Var[TodoRow]) -> rx.Component:
    document = path("/app/documents/") + row.id
    return rx.el.li(
        link(
            rx.el.b(row.reason),
            rx.el.small(row.name, " · ", user_text(row.customer)),
            to=document,
            class_name="why",
        ),
        rx.match(
            row.action,
            (
                "remind",
                rx.el.button(row.action_label, type="button", class_name="btn", on_click=Todo.remind(row.id)),
            ),
            (
                "convert",
                rx.el.button(
                    row.action_label, type="button", class_name="btn", on_click=Todo.invoice(row.id)
                ),
            ),
            link(row.action_label, to=document, class_name="btn"),
        ),
        key=row.id + row.sort,
        class_name="todo-" + row.sort,
        custom_attrs={"data-testid": "todo-row"},
    )
