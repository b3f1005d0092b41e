"""One's own account: the second factor and the sessions. Plain pages: what is shown once stays in no state."""

import segno
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webdoc_app.domain.devices import device_words
from webdoc_app.domain.errors import NotSignedIn, Refusal
from webdoc_app.http.account_forms import HEADERS, fields_of, form_page, insist_form, refused_form
from webdoc_app.http.answers import words_of
from webdoc_app.http.visitors import require_member
from webdoc_app.live.endings import session_ended
from webdoc_app.locales.formats import date_and_time
from webdoc_app.reads.when import when
from webdoc_app.services import history_care, limits, second_factor, sessions
from webdoc_app.services.accounts import Member
from webdoc_app.services.work import now
from webdoc_app.settings import settings
from webdoc_app.templates import render

router = APIRouter(include_in_schema=False)
LOGIN = "/login"


@router.get("/account")
async def account(request: Request) -> Response:
    try:
        return await _account(await require_member(request))
    except NotSignedIn:
        return _to(LOGIN)


@router.post("/account/sessions")
async def end_sessions(request: Request) -> Response:
    """Field `session`: the handle of one, or `others`."""
    try:
        member = await _member(request)
        handle = (await fields_of(request, "session"))["session"]
        if handle == "others":
            await sessions.end_others(member.user_id, member.session_id)
        else:
            await sessions.end_session(member.user_id, handle)
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal)
    session_ended()
    return _to(LOGIN if handle == sessions.handle_of(member.session_id) else "/account")


@router.post("/account/anchor")
async def anchor(request: Request) -> Response:
    """The signed end of the company's history, mailed to its owner: to keep where nobody here can change it."""
    try:
        member = await _member(request)
        if settings().limits and not await limits.use(limits.STRANGER_TO, "anchor", member.company_id):
            raise limits.too_many()
        await history_care.mail_anchor(member.company_id)
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal)
    return await _account(member, done="Le courriel part vers la personne qui a créé l’entreprise.")


@router.post("/account/two-factor/start")
async def start(request: Request) -> Response:
    try:
        member = await _member(request)
        fields = await fields_of(request, "password")
        setup = await second_factor.begin_setup(member, fields["password"])
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal, at="on")
    return _setup_page(member, setup)


@router.post("/account/two-factor/confirm")
async def confirm(request: Request) -> Response:
    try:
        member = await _member(request)
        code = (await fields_of(request, "code"))["code"]
        try:
            codes = await second_factor.confirm_setup(member, code)
        except second_factor.WrongCode as wrong:
            setup = await second_factor.pending_setup(member)
            if setup is None:
                raise
            return _setup_page(member, setup, words_of(wrong, member.language), wrong.status)
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal, at="on")
    return _codes_page(member, codes)


@router.post("/account/two-factor/codes")
async def new_codes(request: Request) -> Response:
    try:
        member = await _member(request)
        codes = await second_factor.renew_recovery_codes(member, (await fields_of(request, "code"))["code"])
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal, at="codes")
    return _codes_page(member, codes)


@router.post("/account/two-factor/off")
async def off(request: Request) -> Response:
    try:
        member = await _member(request)
        fields = await fields_of(request, "password", "code")
        await second_factor.switch_off(member, fields["password"], fields["code"])
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return await _refused(request, refusal, at="off")
    return _to("/account")


@router.get("/login/confirm")
async def proof_page(request: Request) -> Response:
    """The code again, for what asks for a recent one; then back to the settings."""
    try:
        member = await require_member(request)
    except NotSignedIn:
        return _to(LOGIN)
    if not second_factor.needs_proof(member):
        return _to("/app/settings")
    return form_page(request, "proof", language=member.language)


@router.post("/login/confirm")
async def prove(request: Request) -> Response:
    language = ""
    try:
        member = await _member(request)
        language = member.language
        await second_factor.prove(member, (await fields_of(request, "code"))["code"])
    except NotSignedIn:
        return _to(LOGIN)
    except Refusal as refusal:
        return refused_form(request, "proof", refusal, {}, language)
    return _to("/app/settings")


async def _member(request: Request) -> Member:
    """Who sends a form. Raises NotSignedIn, Forbidden, TooMany."""
    await insist_form(request)
    return await require_member(request)


async def _refused(request: Request, refusal: Refusal, at: str = "") -> Response:
    """The account's page with what is wrong, the form `at` fault still open."""
    return await _account(await require_member(request), refusal=refusal, at=at)


async def _account(
    member: Member, *, refusal: Refusal | None = None, at: str = "", done: str = ""
) -> Response:
    """`done` is a msgid."""
    language = member.language
    standing = await second_factor.standing_of(member.user_id)
    rows = [
        {
            "handle": row.handle,
            "device": device_words(row.user_agent),
            "address": row.address,
            "since": when(row.since, now(), language),
            "seen": when(row.seen, now(), language),
            "is_this": row.is_this,
        }
        for row in await sessions.sessions_of(member.user_id, member.session_id)
    ]
    return _page(
        member,
        "account",
        refusal.status if refusal else 200,
        problem=words_of(refusal, language) if refusal else "",
        at=at,
        done=done,
        since=date_and_time(standing.since, language) if standing.since else "",
        codes_left=standing.codes_left,
        sessions=rows,
    )


def _setup_page(member: Member, setup: second_factor.Setup, problem: str = "", status: int = 200) -> Response:
    picture = segno.make(setup.address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    return _page(member, "setup", status, problem=problem, picture=picture, setup=setup)


def _codes_page(member: Member, codes: list[str]) -> Response:
    return _page(member, "codes", codes=codes)


def _page(member: Member, part: str, status: int = 200, **values: object) -> Response:
    known = {"problem": "", "at": "", **values}
    html = render(
        "account.html",
        member.language,
        part=part,
        email=member.email,
        home=("/en" if member.language == "en" else "") + "/app/settings",
        **known,
    )
    return HTMLResponse(html, status, headers=HEADERS)


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
