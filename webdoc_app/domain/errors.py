"""Refusals: what the product says no to. `http` and `ui` turn them into words and status codes.

A refusal carries a French sentence (the catalogue's msgid) and its parameters, never a translated text:
the reader's language is known only where the answer is written.
"""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One field at fault: its name as the caller wrote it (`lines.0.unit_price`) and why."""

    field: str
    sentence: str
    params: dict[str, str] = dataclasses.field(default_factory=dict)


class Refusal(Exception):
    """The family of all refusals. `code` is stable for programs, `status` is its HTTP translation."""

    code = "refused"
    status = 400

    def __init__(self, sentence: str, **params: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.params = {name: str(value) for name, value in params.items()}


class Invalid(Refusal):
    """Input that cannot be taken as it is; `errors` names every field at fault."""

    code, status = "invalid", 422

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("Certaines informations sont à corriger.")
        self.errors = errors

    @classmethod
    def one(cls, field_name: str, sentence: str, **params: object) -> "Invalid":
        return cls([FieldError(field_name, sentence, {k: str(v) for k, v in params.items()})])


class NotFound(Refusal):
    code, status = "not_found", 404

    def __init__(self, sentence: str = "Cette page n’existe pas.") -> None:
        super().__init__(sentence)


class Forbidden(Refusal):
    code, status = "forbidden", 403


class NotSignedIn(Refusal):
    code, status = "not_signed_in", 401


class Conflict(Refusal):
    """The object is no longer in a state that allows this."""

    code, status = "conflict", 409


class AlreadyDecided(Conflict):
    code = "already_decided"


class StaleVersion(Conflict):
    """The answer is to version `read`, which has been replaced since."""

    code = "stale_version"

    def __init__(self, sentence: str, *, read: int = 0) -> None:
        super().__init__(sentence)
        self.read = read


class NothingRemains(Conflict):
    code = "nothing_remains"


class LinkGone(Refusal):
    """A link that was good and is no more: `why` is revoked, disabled, replaced or expired."""

    code, status = "link_gone", 410

    def __init__(self, why: str, company_name: str = "", language: str = "fr") -> None:
        super().__init__("Ce lien n’est plus actif. Rechargez la page pour savoir que faire.")
        self.why, self.company_name, self.language = why, company_name, language


class TooMany(Refusal):
    code, status = "too_many", 429


class TooLarge(Refusal):
    code, status = "too_large", 413
