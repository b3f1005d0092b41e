"""Signing up, in and out, and lost passwords: plain forms that work without scripts."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from webdoc_app.domain.errors import NotFound, Refusal
from webdoc_app.domain.networks import network_of
from webdoc_app.http.account_forms import fields_of, form_page, insist_form, refused_form
from webdoc_app.http.answers import preferred_language
from webdoc_app.http.entrance import LEAVES_NOTHING
from webdoc_app.http.step_cookie import clear_step_cookie, set_step_cookie, step_secret
from webdoc_app.http.visitors import address_of, signed_in
from webdoc_app.live.endings import session_ended
from webdoc_app.services import accounts, second_factor, signups
from webdoc_app.services.companies import create_company
from webdoc_app.services.cookies import clear_session_cookie, session_secret, set_session_cookie
from webdoc_app.services.login_steps import CodeNeeded, StepOver, user_of_step
from webdoc_app.services.work import reading

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login_page(request: Request) -> Response:
    if await signed_in(request):
        return RedirectResponse("/app", 303)
    page = form_page(request, "login", signup=await signups.signup_is_open())
    if session_secret(request.headers.get("cookie", "")):
        # The session was ended, here or elsewhere.
        _forget_session(page)
    return page


@router.post("/login")
async def login(request: Request) -> Response:
    fields = await fields_of(request, "email", "password")
    try:
        await insist_form(request)
        return await _sign_in(request, fields["email"], fields["password"])
    except Refusal as refusal:
        return refused_form(request, "login", refusal, {"email": fields["email"]})


async def _sign_in(request: Request, email: str, password: str) -> Response:
    """A session, or the page that asks for the code."""
    try:
        secret = await accounts.sign_in(
            email, password, address=address_of(request), user_agent=_agent(request)
        )
    except CodeNeeded as needed:
        response = RedirectResponse("/login/code", 303, headers={"Cache-Control": "no-store"})
        set_step_cookie(response, needed.step)
        return response
    return _entered(secret)


@router.get("/login/code")
async def code_page(request: Request) -> Response:
    try:
        async with reading() as session:
            await user_of_step(session, step_secret(request.headers.get("cookie", "")))
    except StepOver:
        return RedirectResponse("/login", 303, headers={"Cache-Control": "no-store"})
    return form_page(request, "code")


@router.post("/login/code")
async def code(request: Request) -> Response:
    fields = await fields_of(request, "code")
    try:
        await insist_form(request)
        secret = await second_factor.finish_sign_in(
            step_secret(request.headers.get("cookie", "")),
            fields["code"],
            address=address_of(request),
            user_agent=_agent(request),
        )
    except StepOver as over:
        return refused_form(request, "login", over, {})
    except Refusal as refusal:
        return refused_form(request, "code", refusal, {})
    response = _entered(secret)
    clear_step_cookie(response)
    return response


@router.get("/signup")
async def signup_page(request: Request) -> Response:
    if not await signups.signup_is_open():
        return form_page(request, "closed", status=404)
    return form_page(request, "signup")


@router.post("/signup")
async def signup(request: Request) -> Response:
    fields = await fields_of(request, "name", "user_name", "email", "password")
    language, address = preferred_language(request.headers), address_of(request)
    try:
        await insist_form(request)
        if not await signups.signup_is_open():
            raise NotFound("Les inscriptions sont fermées.")
        if await signups.needs_confirmation():
            await signups.ask_to_confirm(**fields, language=language, address=address)
            return form_page(
                request,
                "sent",
                done="Un courriel vient de partir vers cette adresse : il contient le lien qui ouvre votre espace.",
            )
        await create_company(**fields, language=language, whole_list=True, network=network_of(address))
        return await _sign_in(request, fields["email"], fields["password"])
    except Refusal as refusal:
        return refused_form(request, "signup", refusal, {k: v for k, v in fields.items() if k != "password"})


@router.get("/signup/confirm/{token}")
async def confirm_page(request: Request, token: str) -> Response:
    """Looking changes nothing: scanners follow every address of a mail."""
    if not await signups.is_waiting(token):
        gone = NotFound("Ce lien n’est plus valable. Demandez-en un nouveau.")
        return refused_form(request, "sent", gone, {})
    return form_page(request, "confirm")


@router.post("/signup/confirm/{token}")
async def confirm(request: Request, token: str) -> Response:
    try:
        await insist_form(request)
        secret = await signups.confirm(token, address=address_of(request), user_agent=_agent(request))
    except Refusal as refusal:
        return refused_form(request, "sent", refusal, {})
    return _entered(secret)


@router.post("/logout")
async def logout(request: Request) -> Response:
    try:
        await insist_form(request)
    except Refusal as refusal:
        return refused_form(request, "login", refusal, {})
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
    return form_page(request, "forgot")


@router.post("/forgot")
async def forgot(request: Request) -> Response:
    fields = await fields_of(request, "email")
    try:
        await insist_form(request)
    except Refusal as refusal:
        return refused_form(request, "forgot", refusal, fields)
    accounts.ask_password_reset(fields["email"], address=address_of(request))
    return form_page(request, "forgot", done="Si cette adresse a un compte, un courriel vient de partir.")


@router.get("/reset/{token}")
async def reset_page(request: Request, token: str) -> Response:
    return form_page(request, "reset")


@router.post("/reset/{token}")
async def reset(request: Request, token: str) -> Response:
    fields = await fields_of(request, "password", "revoke_keys")
    try:
        await insist_form(request)
        await accounts.reset_password(
            token,
            fields["password"],
            revoke_keys=fields["revoke_keys"] == "1",
            address=address_of(request),
        )
        session_ended()
    except Refusal as refusal:
        return refused_form(request, "reset", refusal, {"revoke_keys": fields["revoke_keys"]})
    return form_page(request, "login", done="Votre mot de passe est changé. Connectez-vous.")


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _entered(secret: str) -> Response:
    response = RedirectResponse("/app", 303, headers={"Cache-Control": "no-store"})
    set_session_cookie(response, secret)
    return response
