"""What programs send: every field checked, unknown ones refused, numbers as exact strings."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from webdoc_app.domain import text
from webdoc_app.domain.documents import MAX_LINES, Kind
from webdoc_app.domain.errors import Invalid
from webdoc_app.domain.money import parse_decimal

CUSTOM = "webdoc"
LAST_YEAR = 2999


def _or_error(invalid: Invalid) -> PydanticCustomError:
    error = invalid.errors[0]
    return PydanticCustomError(CUSTOM, "invalid", {"sentence": error.sentence, "params": error.params})


def _line(limit: int, *, required: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        try:
            return text.clean_line(value, field="", limit=limit, required=required)
        except Invalid as invalid:
            raise _or_error(invalid) from None

    return AfterValidator(check)


def _text(limit: int, *, required: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        try:
            return text.clean(value, field="", limit=limit, required=required)
        except Invalid as invalid:
            raise _or_error(invalid) from None

    return AfterValidator(check)


def _number(most: int, *, positive: bool = False) -> BeforeValidator:
    def check(value: Any) -> Decimal:
        try:
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                raise Invalid.one("", "Écrivez ce nombre comme un texte, par exemple « 12.5 ».")
            number = parse_decimal(str(value), field="", most=Decimal(most))
            if positive and not number:
                raise Invalid.one("", "Ce nombre doit être supérieur à zéro.")
        except Invalid as invalid:
            raise _or_error(invalid) from None
        return number

    return BeforeValidator(check)


def _moment(value: Any) -> datetime:
    """A moment in ISO 8601; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _or_error(Invalid.one("", "Cette date n’est pas lisible.")) from None
    if moment.year > LAST_YEAR:
        raise _or_error(Invalid.one("", "Cette date n’est pas lisible."))
    return moment


_DECIMAL_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"})
Number = Annotated[Decimal, _number(10**9), _DECIMAL_SCHEMA]
PositiveNumber = Annotated[Decimal, _number(10**9, positive=True), _DECIMAL_SCHEMA]
Percent = Annotated[Decimal, _number(100), _DECIMAL_SCHEMA]
PositivePercent = Annotated[Decimal, _number(100, positive=True), _DECIMAL_SCHEMA]
Name = Annotated[str, _line(text.NAME, required=True)]
OptionalName = Annotated[str, _line(text.NAME)]
Title = Annotated[str, _line(text.TITLE)]
Text = Annotated[str, _text(text.TEXT)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Language = Literal["fr", "en"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CustomerIn(Body):
    name: Name
    email: OptionalName | None = None
    language: Language | None = None
    address: Text | None = None
    siren: OptionalName | None = None
    vat_number: OptionalName | None = None


class LineIn(Body):
    id: OptionalName | None = None
    description: Annotated[str, _text(text.TEXT, required=True)]
    quantity: Number = Decimal(1)
    unit: OptionalName | None = None
    unit_price: Number
    vat_rate: Percent = Decimal(20)
    discount_percent: Percent = Decimal(0)
    base_quantity: PositiveNumber = Decimal(1)
    optional: bool = False


Lines = Annotated[list[LineIn], Field(min_length=1, max_length=MAX_LINES)]


class DocumentIn(Body):
    kind: Kind
    customer_id: OptionalName | None = None
    customer: CustomerIn | None = None
    currency: Currency = "EUR"
    language: Language | None = None
    title: Title | None = None
    lines: Lines
    valid_until: Day | None = None
    due_date: Day | None = None
    deposit_percent: PositivePercent | None = None
    notes: Text | None = None


class DocumentPatch(Body):
    kind: Kind | None = None
    customer_id: OptionalName | None = None
    currency: Currency | None = None
    language: Language | None = None
    title: Title | None = None
    lines: Lines | None = None
    valid_until: Day | None = None
    due_date: Day | None = None
    deposit_percent: PositivePercent | None = None
    notes: Text | None = None


class SendIn(Body):
    to: OptionalName | None = None
    subject: Title | None = None
    message: Text | None = None
    link_id: OptionalName | None = None
    attach_pdf: bool | None = None


class ConvertIn(Body):
    to: Kind


class AnswerIn(Body):
    """An answer given elsewhere, as it is noted. `options` are ids of optional lines."""

    decision: Literal["accept", "refuse", "hold"]
    name: Name
    quality: OptionalName | None = None
    reason: Text | None = None
    until: Day | None = None
    options: Annotated[list[OptionalName], Field(max_length=MAX_LINES)] = []


class ReopenIn(Body):
    reason: Text | None = None


class LinkIn(Body):
    link_id: OptionalName | None = None


class RecipientIn(Body):
    name: Name
    email: OptionalName | None = None
    expires_at: Moment | None = None


class RecipientPatch(Body):
    name: OptionalName | None = None
    email: OptionalName | None = None
    expires_at: Moment | None = None


class MessageIn(Body):
    body: Annotated[str, _text(text.MESSAGE, required=True)]
    internal: bool = False
    notify: bool = False
    line_id: OptionalName | None = None


class FilePatch(Body):
    visible: bool


class PaymentIn(Body):
    amount: str
    method: Literal["cheque", "transfer", "cash", "card", "direct_debit", "other"]
    paid_on: Day
    reference: OptionalName | None = None
