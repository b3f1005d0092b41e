"""Signing up, in and out, and lost passwords: plain forms that work without scripts."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from webdoc_app.domain.errors import NotFound, Refusal
from webdoc_app.http.answers import STATIC_POLICY, preferred_language, words_of
from webdoc_app.http.entrance import LEAVES_NOTHING
from webdoc_app.http.visitors import address_of, insist_same_origin, signed_in
from webdoc_app.live.endings import session_ended
from webdoc_app.services import accounts, limits
from webdoc_app.services.companies import any_company, create_company
from webdoc_app.services.cookies import clear_session_cookie, session_secret, set_session_cookie
from webdoc_app.services.work import reading
from webdoc_app.settings import settings
from webdoc_app.templates import render

router = APIRouter(include_in_schema=False)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": STATIC_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def _page(
    request: Request,
    form: str,
    *,
    problem: str = "",
    status: int = 200,
    done: str = "",
    signup: bool = False,
    values: dict[str, str] | None = None,
) -> Response:
    language = preferred_language(request.headers)
    html = render(
        "auth.html",
        language,
        form=form,
        problem=problem,
        done=done,
        signup=signup,
        values=values or {},
        action=request.url.path,
    )
    return HTMLResponse(html, status, headers=HEADERS)


async def _fields(request: Request, *names: str) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=20)
    return {name: value if isinstance(value := form.get(name), str) else "" for name in names}


async def _signup_open() -> bool:
    if settings().signup == "open":
        return True
    async with reading() as session:
        return not await any_company(session)


@router.get("/login")
async def login_page(request: Request) -> Response:
    if await signed_in(request):
        return RedirectResponse("/app", 303)
    page = _page(request, "login", signup=await _signup_open())
    if session_secret(request.headers.get("cookie", "")):
        # The session was ended, here or elsewhere.
        _forget_session(page)
    return page


@router.post("/login")
async def login(request: Request) -> Response:
    fields = await _fields(request, "email", "password")
    try:
        await _insist_form(request)
        secret = await accounts.sign_in(
            fields["email"],
            fields["password"],
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
        )
    except Refusal as refusal:
        return _refused(request, "login", refusal, {"email": fields["email"]})
    return _entered(secret)


@router.get("/signup")
async def signup_page(request: Request) -> Response:
    if not await _signup_open():
        return _page(request, "closed", status=404)
    return _page(request, "signup")


@router.post("/signup")
async def signup(request: Request) -> Response:
    fields = await _fields(request, "name", "user_name", "email", "password")
    try:
        await _insist_form(request)
        if not await _signup_open():
            raise NotFound("Les inscriptions sont fermées.")
        language = preferred_language(request.headers)
        await create_company(
            fields["name"],
            fields["email"],
            fields["password"],
            user_name=fields["user_name"],
            language=language,
        )
        secret = await accounts.sign_in(
            fields["email"],
            fields["password"],
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
        )
    except Refusal as refusal:
        return _refused(request, "signup", refusal, {k: v for k, v in fields.items() if k != "password"})
    return _entered(secret)


@router.post("/logout")
async def logout(request: Request) -> Response:
    try:
        await _insist_form(request)
    except Refusal as refusal:
        return _refused(request, "login", refusal, {})
    await accounts.sign_out(session_secret(request.headers.get("cookie", "")))
    session_ended()
    response = RedirectResponse("/login", 303)
    _forget_session(response)
    return response


def _forget_session(response: Response) -> None:
    clear_session_cookie(response)
    response.headers.update(LEAVES_NOTHING)


@router.get("/forgot")
async def forgot_page(request: Request) -> Response:
    return _page(request, "forgot")


@router.post("/forgot")
async def forgot(request: Request) -> Response:
    fields = await _fields(request, "email")
    try:
        await _insist_form(request)
        await accounts.ask_password_reset(fields["email"])
    except Refusal as refusal:
        return _refused(request, "forgot", refusal, fields)
    return _page(request, "forgot", done="Si cette adresse a un compte, un courriel vient de partir.")


@router.get("/reset/{token}")
async def reset_page(request: Request, token: str) -> Response:
    return _page(request, "reset")


@router.post("/reset/{token}")
async def reset(request: Request, token: str) -> Response:
    fields = await _fields(request, "password")
    try:
        await _insist_form(request)
        await accounts.reset_password(token, fields["password"])
        session_ended()
    except Refusal as refusal:
        return _refused(request, "reset", refusal, {})
    return _page(request, "login", done="Votre mot de passe est changé. Connectez-vous.")


async def _insist_form(request: Request) -> None:
    insist_same_origin(request)
    await limits.allow(limits.FORMS, "auth", address_of(request))


def _refused(request: Request, form: str, refusal: Refusal, values: dict[str, str]) -> Response:
    words = words_of(refusal, preferred_language(request.headers))
    return _page(request, form, problem=words, status=refusal.status, values=values)


def _entered(secret: str) -> Response:
    response = RedirectResponse("/app", 303, headers={"Cache-Control": "no-store"})
    set_session_cookie(response, secret)
    return response
