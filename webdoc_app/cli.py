"""The commands. Only `serve` imports Reflex or WeasyPrint; the others answer within a second."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from typer.exceptions import Abort, TyperException

from webdoc_app.domain.errors import Invalid, Refusal

T = TypeVar("T")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
company_app = typer.Typer()
apikey_app = typer.Typer()
user_app = typer.Typer()
two_factor_app = typer.Typer()
payments_app = typer.Typer()
keys_app = typer.Typer()
outbox_app = typer.Typer(invoke_without_command=True)
app.add_typer(company_app, name="company", help="Entreprises")
app.add_typer(apikey_app, name="apikey", help="Clés d’accès des programmes")
app.add_typer(outbox_app, name="outbox", help="Courriels abandonnés")
app.add_typer(user_app, name="user", help="Personnes")
user_app.add_typer(two_factor_app, name="two-factor", help="Double authentification")
app.add_typer(payments_app, name="payments", help="Paiements en ligne")
app.add_typer(keys_app, name="keys", help="Secrets de l’installation")


def main() -> None:
    """Runs a command; whatever prevents it is one plain line on stderr, and an exit code that is not 0."""
    private_files()
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except TyperException as misuse:
        _stop(misuse.format_message(), misuse.exit_code)
    except Abort:
        _stop("interrupted", 130)
    except Refusal as refusal:
        _stop(_words(refusal))
    except Exception as error:
        if (why := _why_prevented(error)) is None:
            raise
        _stop(why)


def private_files() -> None:
    """What is written from here on - database, secret, backups, logs - is its owner's alone."""
    os.umask(0o077)


def _words(refusal: Refusal) -> str:
    if isinstance(refusal, Invalid):
        return "; ".join(
            f"{e.field}: {e.sentence % e.params if e.params else e.sentence}" for e in refusal.errors
        )
    return refusal.sentence % refusal.params if refusal.params else refusal.sentence


def _why_prevented(error: Exception) -> str | None:
    """What the operator can mend; None for a mistake of the program, whose traceback is wanted."""
    from pydantic import ValidationError

    from webdoc_app.services.database import why_unusable
    from webdoc_app.settings import database_setting, faults_of, settings

    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
    if isinstance(error, ValidationError) and error.title == "Settings":
        return faults_of(error)
    if why := why_unusable(error):
        return f"{database_setting(settings())}: the database cannot be used: {why}"
    return None


def _stop(words: str, code: int = 1) -> NoReturn:
    print(f"webdoc: {words}", file=sys.stderr)
    raise SystemExit(code)


def _run(command: Coroutine[Any, Any, T], *, reads_only: bool = False) -> T:
    """Runs a command's work on the configured database, brought to the newest schema first where it is not.

    A history from before an upgrade is sealed then, but not by a command that `reads_only`.
    """
    from webdoc_app.services import decoding
    from webdoc_app.services.work import runtime

    try:
        _prepare()
    except BaseException:
        command.close()
        raise

    async def work() -> T:
        from webdoc_app.services.history_care import begin

        try:
            if not reads_only:
                await begin()
            return await command
        finally:
            command.close()
            decoding.close()
            await runtime().engine.dispose()

    return asyncio.run(work())


def _prepare() -> None:
    from webdoc_app.services.database import migrate
    from webdoc_app.settings import settings
    from webdoc_app.wiring import wire

    ours = settings()
    migrate(ours.database)
    wire(ours)


@app.command()
def serve() -> None:
    """Sert le site."""
    from webdoc_app.serve import serve as run

    run()


@app.command()
def migrate() -> None:
    """Met la base à jour, et scelle ce qui fut écrit avant que l’historique ne soit signé."""

    async def nothing_more() -> None:
        return None

    _run(nothing_more())


@app.command()
def demo() -> None:
    """Crée l’entreprise de démonstration dans une base vide."""
    from webdoc_app.demo import demo_lines

    print(*_run(demo_lines()), sep="\n")


@company_app.command("create")
def create_company(
    name: Annotated[str, typer.Option()],
    email: Annotated[str, typer.Option()],
    password: Annotated[str, typer.Option()],
) -> None:
    """Crée une entreprise et sa première personne."""
    from webdoc_app.services.companies import create_company as create

    company_id, user_id = _run(create(name, email, password))
    print(json.dumps({"company_id": company_id, "user_id": user_id}))


@apikey_app.command("create")
def create_api_key(company: Annotated[str, typer.Option()], name: Annotated[str, typer.Option()]) -> None:
    """Crée une clé, montrée une seule fois."""
    from webdoc_app.services.accounts import create_api_key as create

    print(json.dumps({"key": _run(create(company, name))}))


@user_app.command("password")
def set_password(email: Annotated[str, typer.Option()]) -> None:
    """Choisit un nouveau mot de passe, lu au clavier ou sur l’entrée standard."""
    from getpass import getpass

    from webdoc_app.services.accounts import set_password as change

    password = getpass("Mot de passe : ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    _run(change(email, password))
    print("Mot de passe changé.")


@two_factor_app.command("off")
def switch_two_factor_off(email: Annotated[str, typer.Option()]) -> None:
    """Désactive la double authentification d’une personne qui a perdu son téléphone et ses codes."""
    from webdoc_app.services.second_factor import switch_off_by_operator

    _run(switch_off_by_operator(email))
    print("Double authentification désactivée.")


@payments_app.command("connect")
def connect_payments(
    company: Annotated[str, typer.Option()],
    provider: Annotated[str, typer.Option(help="stripe, paypal ou payzen")],
    mode: Annotated[str, typer.Option(help="live ou test")] = "live",
) -> None:
    """Connecte un compte : ses clés en JSON sur l’entrée standard, hors de la ligne de commande."""
    from webdoc_app.services.payment_accounts import connect
    from webdoc_app.settings import settings

    try:
        keys = json.loads(sys.stdin.read())
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise Refusal('Les clés s’écrivent en JSON, par exemple {"secret_key": "…"}.')
    account_id = _run(_with_connections(connect(company, provider, mode, keys)))
    address = f"{settings().origin}/hooks/{provider}/{account_id}"
    print(json.dumps({"account_id": account_id, "webhook_url": address}))


@keys_app.command("rotate")
def rotate_keys() -> None:
    """Chiffre à nouveau les clés gardées avec le secret le plus récent, et signe l’historique d’une nouvelle clé."""
    from webdoc_app.services.history_care import rotate_history_key
    from webdoc_app.services.payment_accounts import rotate_keys as renew_accounts
    from webdoc_app.services.second_factor import renew_secrets
    from webdoc_app.services.vault import Unreadable

    async def renew_all() -> dict[str, int]:
        await rotate_history_key()
        await renew_secrets()
        return {"accounts": await renew_accounts()}

    try:
        print(json.dumps(_run(renew_all())))
    except Unreadable:
        raise Refusal("Une clé ne se lit pas avec les secrets de cette installation.") from None


async def _with_connections(command: Coroutine[Any, Any, T]) -> T:
    from webdoc_app.integrations.payments import connections

    try:
        return await command
    finally:
        await connections.close()


@outbox_app.callback()
def list_dead_letters(context: typer.Context) -> None:
    """Les courriels abandonnés, une ligne JSON chacun."""
    if context.invoked_subcommand is None:
        for row in _run(_dead_letters()):
            print(json.dumps(row, ensure_ascii=False))


async def _dead_letters() -> list[dict[str, Any]]:
    from webdoc_app.models.columns import time_text
    from webdoc_app.services.outbox import dead_letters
    from webdoc_app.services.work import reading

    async with reading() as session:
        return [
            {
                "id": mail.id,
                "to": mail.to_email,
                "subject": mail.subject,
                "created_at": time_text(mail.created_at),
                "error": mail.last_error,
            }
            for mail in await dead_letters(session)
        ]


@outbox_app.command("retry")
def retry_mails(ids: list[str]) -> None:
    """Remet des courriels abandonnés en file."""
    from webdoc_app.services.outbox import retry

    async def each() -> None:
        for id_ in ids:
            await retry(id_)

    _run(each())


@app.command("import")
def import_files(files: list[Path], company: Annotated[str, typer.Option()]) -> None:
    """Importe des factures Factur-X ou CII : une ligne JSON par fichier."""
    if not _run(_import_all(files, company)):
        raise SystemExit(1)


async def _import_all(files: list[Path], company_id: str) -> bool:
    from webdoc_app.domain.errors import NotFound
    from webdoc_app.models import Company
    from webdoc_app.reads.documents import document_view
    from webdoc_app.services.documents import find_document
    from webdoc_app.services.imports import import_invoice
    from webdoc_app.services.work import SYSTEM, reading

    async with reading() as session:
        if await session.get(Company, company_id) is None:
            raise NotFound("Cette entreprise n’existe pas.")
    all_good = True
    for file in files:
        try:
            document_id = await import_invoice(
                company_id, await asyncio.to_thread(file.read_bytes), file.name, SYSTEM
            )
            async with reading() as session:
                view = await document_view(session, await find_document(session, company_id, document_id))
            print(json.dumps({k: view[k] for k in ("id", "kind", "number", "webdocument_url")}), flush=True)
        except (Refusal, OSError) as error:
            all_good = False
            words = _words(error) if isinstance(error, Refusal) else str(error.strerror)
            print(json.dumps({"file": str(file), "error": words}, ensure_ascii=False), flush=True)
    return all_good


@app.command()
def verify(
    certificate: Annotated[Path | None, typer.Option(help="Vérifie ce fichier, sans la base.")] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="Compare aussi aux ancres de ce fichier : lignes ou courriels gardés.")
    ] = None,
) -> None:
    """Vérifie l’historique et ses ancres, les contenus, les réponses, les paiements, les numéros et les fichiers."""
    if certificate is not None:
        _verify_certificate(certificate)
        return
    from webdoc_app.services.anchors import read_given
    from webdoc_app.services.audit import examine

    given = read_given(anchors.read_bytes()) if anchors else []
    if anchors and not given:
        raise Refusal("Le fichier %(path)s ne contient aucune ancre.", path=anchors)
    findings = _run(examine(given), reads_only=True)
    lines = [*(findings.faults or ["Tout est intact."]), *(f"À savoir : {note}" for note in findings.notes)]
    # What was altered may hold what no terminal writes.
    print(*(line.encode("utf-8", "backslashreplace").decode() for line in lines), sep="\n")
    if findings.faults:
        raise SystemExit(1)


def _verify_certificate(path: Path) -> None:
    from webdoc_app.services.certificate_check import faults_of_file, sealing_key
    from webdoc_app.services.keys import known_keys
    from webdoc_app.services.seals import public_keys
    from webdoc_app.settings import settings

    data = path.read_bytes()
    faults, key = faults_of_file(data), sealing_key(data)
    ours = public_keys(known_keys(settings().secret_keys, settings().data_dir))
    if not faults and ours and key not in ours:
        faults = [f"le sceau est d’une autre clé que celles de cette installation : {key}"]
    if faults:
        print(*faults, sep="\n")
        raise SystemExit(1)
    print("Intacte." if ours else f"Intacte. Clé du sceau, à comparer à celle de l’émetteur : {key}")


@app.command()
def backup(path: Path) -> None:
    """Sauvegarde la base et le secret dans un fichier."""
    from webdoc_app.services.backup import anchor_heads
    from webdoc_app.services.backup import backup as run
    from webdoc_app.services.keys import known_keys
    from webdoc_app.settings import settings

    ours = settings()
    if keys := known_keys(ours.secret_keys, ours.data_dir):
        anchor_heads(ours.database, ours.data_dir, keys[-1])
    run(ours.database, ours.data_dir, path)


@app.command()
def restore(path: Path) -> None:
    """Remet une sauvegarde en place dans un dossier de données vide, et le note dans l’historique."""
    from webdoc_app.services.anchors import LOG
    from webdoc_app.services.backup import restore as run
    from webdoc_app.services.history_care import note_restored
    from webdoc_app.settings import settings

    in_place = (settings().data_dir / LOG).exists()
    run(settings().database, settings().data_dir, path)
    _run(note_restored(in_place=in_place))


@app.command()
def anchor(
    company: Annotated[str, typer.Option(help="Cette entreprise seulement.")] = "",
    mail: Annotated[
        bool, typer.Option("--mail", help="L’envoie aussi par courriel au propriétaire.")
    ] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="Note d’abord qu’une sauvegarde fut remise sans `restore`.")
    ] = False,
) -> None:
    """Signe la fin de l’historique : une ligne JSON par entreprise, gardée dans heads.log."""
    for line in _run(_anchor(company, mail=mail, restored=restored)):
        print(line)


async def _anchor(company_id: str, *, mail: bool, restored: bool) -> list[str]:
    from datetime import timedelta

    from webdoc_app.services import history_care

    if restored:
        await history_care.note_restored(in_place=True)
    await history_care.keep_heads(timedelta(0))
    companies = [company_id] if company_id else await history_care.companies()
    if mail:
        for each in companies:
            await history_care.mail_anchor(each)
    return [(await history_care.anchor_of(each)).line for each in companies]
