"""Companies: founded with their first user, described in settings."""

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from webdoc_app.domain import text
from webdoc_app.domain.errors import Conflict, FieldError, Invalid
from webdoc_app.domain.money import parse_amount
from webdoc_app.locales import LANGUAGES
from webdoc_app.models import Company, Logo, User
from webdoc_app.models.columns import new_id
from webdoc_app.services.passwords import check_password, hash_password
from webdoc_app.services.work import Work, insert_once, work

LIMITS: dict[str, int] = {
    "name": text.NAME,
    "legal_form": text.NAME,
    "phone": text.NAME,
    "address": 1_000,
    "siren": text.NAME,
    "rcs": text.NAME,
    "vat_number": text.NAME,
    "iban": text.NAME,
    "bic": text.NAME,
    "terms": text.TEXT,
    "late_penalty": 1_000,
}
_ONE_LINE = frozenset(LIMITS) - {"address", "terms", "late_penalty"}
MAX_LOGO_BYTES, MAX_LOGO_PIXELS, LOGO_WIDTH = 2_000_000, 40_000_000, 480


@dataclass(frozen=True)
class Founding:
    """What a company begins with, checked."""

    name: str
    email: str
    user_name: str
    language: str


def read_founding(
    name: str,
    email: str,
    password: str,
    *,
    user_name: str = "",
    language: str = "fr",
    whole_list: bool = True,
) -> Founding:
    """Raises Invalid."""
    clean_name = text.clean_line(name, field="name", limit=text.NAME, required=True)
    clean_email = text.clean_email(email, field="email", required=True).lower()
    person = text.clean_line(user_name, field="user_name", limit=text.NAME) or clean_name
    check_password(password, known=(clean_email, clean_name, person), whole_list=whole_list)
    return Founding(clean_name, clean_email, person, language)


async def create_company(
    name: str,
    email: str,
    password: str,
    *,
    user_name: str = "",
    language: str = "fr",
    whole_list: bool = False,
    network: str = "",
) -> tuple[str, str]:
    """A company and its first user. Returns their ids. Raises Invalid, Conflict where the address is taken, TooMany.

    `whole_list`: see `is_common`; `network` is whose turn hashing takes.
    """
    founding = read_founding(
        name, email, password, user_name=user_name, language=language, whole_list=whole_list
    )
    password_hash = await hash_password(password, network)
    async with work() as w:
        return await found_company(w, founding, password_hash)


async def found_company(w: Work, founding: Founding, password_hash: str) -> tuple[str, str]:
    """The ids of the company and of its first user. Raises Conflict where the address is taken."""
    if (await w.session.exec(select(User.id).where(User.email == founding.email))).first():
        raise Conflict("Un compte existe déjà avec cette adresse.")
    company = Company(
        id=new_id(), name=founding.name, email=founding.email, language=founding.language, created_at=w.at
    )
    w.session.add(company)
    await w.session.flush()
    user = User(
        id=new_id(),
        company_id=company.id,
        name=founding.user_name,
        email=founding.email,
        password_hash=password_hash,
        created_at=w.at,
    )
    w.session.add(user)
    try:
        await w.session.flush()
    except IntegrityError:  # somebody was faster
        raise Conflict("Un compte existe déjà avec cette adresse.") from None
    return company.id, user.id


async def any_company(session: AsyncSession) -> bool:
    return bool((await session.exec(select(func.count()).select_from(Company))).one())


async def change_settings(company_id: str, changes: Mapping[str, Any]) -> None:
    """Writes the company's settings. Raises Invalid naming every field at fault; nothing is half-stored."""
    values, errors = _read_settings(changes)
    if errors:
        raise Invalid(errors)
    async with work() as w:
        company = await w.session.get_one(Company, company_id)
        for name, value in values.items():
            setattr(company, name, value)
        w.session.add(company)


def _read_settings(changes: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, raw in changes.items():
        try:
            values[name] = _read_setting(name, raw)
        except Invalid as invalid:
            errors.extend(invalid.errors)
    return values, errors


def _read_setting(name: str, raw: Any) -> Any:
    if name in _READERS:
        return _READERS[name](name, raw)
    value = str(raw or "")
    if name == "email":
        return text.clean_email(value, field=name)
    if name == "language":
        if value not in LANGUAGES:
            raise Invalid.one(name, "Cette langue n’est pas proposée.")
        return value
    if name == "color":
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise Invalid.one(name, "Cette couleur ne s’écrit pas ainsi, par exemple « #1f4fd8 ».")
        return value.lower()
    if name not in LIMITS:
        raise Invalid.one(name, "Ce champ ne se modifie pas.")
    clean = text.clean_line if name in _ONE_LINE else text.clean
    value = clean(value, field=name, limit=LIMITS[name], required=name == "name")
    return _read_identifier(name, value)


def _read_operations(name: str, raw: Any) -> str:
    value = str(raw or "")
    if value not in ("", "goods", "services", "both"):
        raise Invalid.one(name, "Choisissez : biens, services ou les deux.")
    return value


def _read_amount(name: str, raw: Any) -> int | None:
    """An amount in euros, as it is typed; empty for none."""
    value = "".join(str(raw if raw is not None else "").split()).removesuffix("€")
    return parse_amount(value, "EUR", field=name) if value else None


def _read_days(name: str, raw: Any) -> int | None:
    value = str(raw if raw is not None else "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or int(value[:9]) > 3_650:
        raise Invalid.one(name, "Indiquez un nombre de jours, de 0 à 3650.")
    return int(value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "validity_days": _read_days,
    "payment_days": _read_days,
    "code_above_minor": _read_amount,
    "operations": _read_operations,
    "vat_on_debits": lambda _, raw: str(raw) == "yes",
    "attach_pdf": lambda _, raw: str(raw) == "yes",
    "tracking": lambda _, raw: str(raw) == "yes",
    "deposit_on_acceptance": lambda _, raw: str(raw) == "yes",
    "part_payments": lambda _, raw: str(raw) == "yes",
    "part_minimum_minor": _read_amount,
}


def _read_identifier(name: str, value: str) -> str:
    """SIREN, IBAN, BIC and VAT numbers without their blanks, checked where they carry a check digit."""
    from stdnum import bic, iban
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError
    from stdnum.fr import siren

    checks = {"siren": siren, "iban": iban, "bic": bic, "vat_number": vat}
    if name not in checks or not value:
        return value
    try:
        return str(checks[name].validate(value))
    except ValidationError:
        raise Invalid.one(name, "Ce numéro ne semble pas correct.") from None


async def set_logo(company_id: str, data: bytes | None) -> None:
    """Keeps the logo, re-encoded as PNG of at most 480 px; None takes it away. Raises Invalid on `logo`."""
    png = encode_logo(data) if data else None
    async with work() as w:
        company = await w.session.get_one(Company, company_id)
        company.logo_sha256 = hashlib.sha256(png).hexdigest() if png else None
        if png:
            row = {"company_id": company_id, "sha256": company.logo_sha256, "data": png}
            await insert_once(w.session, Logo, row)
        w.session.add(company)


def encode_logo(data: bytes) -> bytes:
    """Decodes PNG or JPEG and writes it anew: nothing of the file but its pixels is kept."""
    from PIL import Image, UnidentifiedImageError

    if len(data) > MAX_LOGO_BYTES:
        raise Invalid.one("logo", "Ce fichier est trop lourd : 2 Mo au plus.")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_LOGO_PIXELS:
                raise Invalid.one("logo", "Cette image est trop grande.")
            picture = image.convert("RGBA")
            picture.thumbnail((LOGO_WIDTH, LOGO_WIDTH))
            out = io.BytesIO()
            picture.save(out, "PNG", optimize=True)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Invalid.one("logo", "Choisissez une image PNG ou JPEG.") from None


async def logo_of(session: AsyncSession, company: Company) -> bytes | None:
    query = select(Logo.data).where(Logo.company_id == company.id, Logo.sha256 == (company.logo_sha256 or ""))
    return (await session.exec(query)).first()
