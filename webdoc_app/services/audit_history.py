"""Checking the history itself: signatures, what events bind, seals, restored backups, and the anchors kept elsewhere."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from webdoc_app.domain.of_record import BOUND
from webdoc_app.services.anchors import Anchor, signed_by_us
from webdoc_app.services.audit_rows import Row, hash_or_none, json_of
from webdoc_app.services.bindings import bound_changes, is_of_record, key_text, row_hash
from webdoc_app.services.history import EVENT, HEAD, RESTORED, SEALED, digest_of, head_words
from webdoc_app.services.history_keys import Keyring

NAMES = {
    "documents": "document",
    "messages": "message",
    "files": "fichier",
    "share_links": "lien",
    "stored_pdfs": "PDF du document",
    "certificates": "attestation de l’événement",
    "payment_attempts": "paiement en ligne",
    "logos": "logo",
}
"""What a row of record is called, by its table."""


@dataclass
class Bound:
    """What the events say of one row: its hash now, and, where it stood when the history was sealed, its hash then."""

    company_id: str
    now: str
    sealed: str
    salt: int


@dataclass
class Chain:
    """One company's history as it was read."""

    company_id: str
    hashes: dict[int, str] = field(default_factory=dict)
    first_signed: int = 0
    seals: list[Row] = field(default_factory=list)
    restored: list[Row] = field(default_factory=list)

    @property
    def last(self) -> int:
        return max(self.hashes, default=0)


@dataclass
class History:
    """All that the events say, read once; `faults` are those met on the way."""

    keys: Keyring
    chains: dict[str, Chain] = field(default_factory=dict)
    bound: dict[str, dict[str, Bound]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_history(events: Iterable[Row], heads: Iterable[Row], keys: Keyring) -> History:
    """Reads the events in the order of their company and place."""
    history = History(keys)
    strangers: Counter[str] = Counter()
    for event in events:
        chain = history.chains.setdefault(event["company_id"], Chain(event["company_id"]))
        seq = event["seq"] if isinstance(event["seq"], int) else -1
        chain.hashes[seq] = event["hash"]
        name = f"événement {event['seq']} de l’entreprise {chain.company_id}"
        if _is_signed(history, chain, event, name, strangers):
            _note_marks(chain, event)
        if event["bound"]:
            _read_bound(history, chain, event, name)
    history.faults += [
        f"entreprise {company_id} : {count} événement(s) signés d’une clé que cette installation n’a pas"
        for company_id, count in strangers.items()
    ]
    history.faults += [
        f"clé de l’historique {name} : les secrets de cette installation ne l’ouvrent pas"
        for name in keys.unreadable
    ]
    _check_heads(history, heads, strangers)
    return history


def _is_signed(history: History, chain: Chain, event: Row, name: str, strangers: Counter[str]) -> bool:
    mac = str(event["mac"] or "")
    if not mac:
        if chain.first_signed:
            history.faults.append(f"{name} : sa signature manque")
        elif event["bound"] or event["type"] == SEALED:
            history.faults.append(f"{name} : sa signature a été ôtée")
        return False
    chain.first_signed = chain.first_signed or event["seq"]
    if not history.keys.knows(mac):
        strangers[chain.company_id] += 1
        return False
    if not history.keys.holds(mac, EVENT, str(event["hash"])):
        history.faults.append(f"{name} : sa signature n’est pas la sienne")
        return False
    return True


def _note_marks(chain: Chain, event: Row) -> None:
    if event["type"] == SEALED:
        chain.seals.append(event)
    elif event["type"] == RESTORED:
        chain.restored.append(event)


def _read_bound(history: History, chain: Chain, event: Row, name: str) -> None:
    try:
        said = json.loads(event["bound"])
        salt = int(said["key"])
        changes = list(bound_changes(said))
    except (ValueError, TypeError, KeyError, AttributeError):
        history.faults.append(f"{name} : ce qu’il lie est illisible")
        return
    for table, key, before, after in changes:
        rows = history.bound.setdefault(table, {})
        known = rows.get(key)
        if known is None:
            rows[key] = Bound(chain.company_id, after, before, salt)
            if before and not chain.seals:
                history.faults.append(f"{_called(table, key)} : aucun événement n’en parle avant {name}")
            continue
        if known.now != before and known.salt == salt:
            history.faults.append(f"{_called(table, key)} : altéré avant {name}")
        known.now, known.salt = after, salt


def _called(table: str, key: str) -> str:
    return f"{NAMES.get(table, table)} {key}"


def _check_heads(history: History, heads: Iterable[Row], strangers: Container[str]) -> None:
    for head in heads:
        chain = history.chains.get(head["company_id"], Chain(head["company_id"]))
        name, mac = f"entreprise {chain.company_id}", str(head["mac"] or "")
        words = hash_or_none(lambda head=head: head_words(head["company_id"], head["seq"], str(head["hash"])))  # type: ignore[misc]
        is_known = history.keys.knows(mac) or chain.company_id not in strangers
        if is_known and (mac or chain.first_signed) and not history.keys.holds(mac, HEAD, words or ""):
            history.faults.append(f"{name} : la fin de l’historique n’est pas celle qui a été signée")
        if chain.hashes:
            history.faults += _faults_of_seal(chain, head, name)
        if chain.hashes and not chain.first_signed:
            # The next command that may write seals it. Where there are keys already, it was sealed before.
            unsealed = f"{name} : l’historique n’est pas encore scellé"
            (history.faults if history.keys.signing else history.notes).append(unsealed)


def _faults_of_seal(chain: Chain, head: Row, name: str) -> Iterator[str]:
    if head["sealed_seq"] != chain.first_signed:
        yield f"{name} : l’historique n’est pas scellé où il l’a été"
    if len(chain.seals) > 1 or (chain.seals and chain.seals[0]["seq"] != chain.first_signed):
        yield f"{name} : l’historique a été scellé une seconde fois"
    if chain.first_signed > 1 and not chain.seals:
        yield f"{name} : le sceau de l’historique manque"


@dataclass
class RowCheck:
    """Rows of record, table by table, against what the events say of them."""

    history: History
    faults: list[str] = field(default_factory=list)
    _sealed: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)

    def table(self, table: str, rows: Iterable[Row]) -> None:
        """Every row of the table, in any order."""
        names, seen, bound = BOUND[table].key, set(), self.history.bound.get(table, {})
        for row in rows:
            key = key_text(tuple(row[name] for name in names))
            known = bound.get(key)
            seen.add(key)
            if known is None:
                self._unbound(table, key, row)
                continue
            salt = self.history.keys.signing.get(known.salt)
            if salt is None:
                continue  # the key is named as missing, once
            found = _hash(table, row, salt)
            if found != known.now or row["company_id"] != known.company_id:
                self.faults.append(f"{_called(table, key)} : altéré depuis son événement")
        for key, known in bound.items():
            if known.sealed:
                self._sealed.setdefault((known.company_id, table), []).append((key, known.sealed))
            if known.now and key not in seen:
                self.faults.append(f"{_called(table, key)} : la ligne a disparu")

    def _unbound(self, table: str, key: str, row: Row) -> None:
        """A row no event speaks of: it stood there when the history was sealed, or was slipped in."""
        if not is_of_record(table, row):
            return
        chain = self.history.chains.get(row["company_id"])
        if chain is None or not chain.seals:
            if self.history.keys.signing:
                self.faults.append(f"{_called(table, key)} : aucun événement n’en parle")
            return
        salt = self.history.keys.signing.get(_salt_of(chain.seals[0]))
        if salt is not None:
            place = (chain.company_id, table)
            self._sealed.setdefault(place, []).append((key, _hash(table, row, salt)))

    def seals(self) -> Iterator[str]:
        """Once every table was looked at: the rows there were against the seal."""
        for chain in self.history.chains.values():
            if not chain.seals or _salt_of(chain.seals[0]) not in self.history.keys.signing:
                continue
            said = json_of(chain.seals[0]["data"]).get("tables")
            for table in BOUND:
                found = digest_of(self._sealed.get((chain.company_id, table), []))
                sealed = said.get(table, digest_of(())) if isinstance(said, dict) else None
                if found != sealed:
                    yield (
                        f"entreprise {chain.company_id}, table {table} : des lignes d’avant le"
                        f" {_day(chain.seals[0]['at'])} ont été altérées, ajoutées ou ôtées"
                    )


def _hash(table: str, row: Row, salt: bytes) -> str:
    """As it would be bound now; of what cannot be written as it was, none that was ever bound."""
    try:
        return row_hash(table, row, salt) if is_of_record(table, row) else ""
    except (TypeError, ValueError):
        return "?"


def _salt_of(seal: Row) -> int:
    key = json_of(seal["data"]).get("key")
    return key if isinstance(key, int) else 0


@dataclass(frozen=True)
class Anchored:
    """`explained` are the restorations (company, time) that the notes tell of already."""

    faults: list[str]
    notes: list[str]
    explained: frozenset[tuple[str, str]] = frozenset()


def check_anchors(history: History, anchors: Iterable[Anchor | int], source: str) -> Anchored:
    """Faults and notes of the anchors that were kept somewhere: what they say against the events there are."""
    faults: list[str] = []
    left: dict[tuple[str, str], list[Anchor]] = {}
    for anchor in anchors:
        if isinstance(anchor, int):
            faults.append(f"{source}, ligne {anchor} : ce n’est pas une ancre")
            continue
        company_id = signed_by_us(anchor, history.keys.seals, lambda: history.chains)
        if company_id is None:
            faults.append(f"{source} : l’ancre du {_day(anchor.at)} n’est pas signée par cette installation")
            continue
        chain = history.chains.get(company_id, Chain(company_id))
        if chain.hashes.get(anchor.seq) == anchor.hash:
            continue
        if restored := _explains(chain, anchor):
            left.setdefault((company_id, restored["at"]), []).append(anchor)
        else:
            what = "a été coupé" if anchor.seq > chain.last else "a été réécrit"
            faults.append(
                f"entreprise {company_id} : l’historique {what} : l’événement {anchor.seq} n’est plus celui que"
                f" l’ancre du {_day(anchor.at)} atteste"
            )
    notes = [_left_behind(company_id, at, found) for (company_id, at), found in left.items()]
    return Anchored(faults, notes, frozenset(left))


def _explains(chain: Chain, anchor: Anchor) -> Row | None:
    """The backup put in place after the anchor was signed, and before its event: what it attests was left behind."""
    return next((r for r in chain.restored if anchor.at <= r["at"] and anchor.seq >= r["seq"]), None)


def _left_behind(company_id: str, at: str, anchors: list[Anchor]) -> str:
    last = max(anchors, key=lambda anchor: anchor.seq)
    return (
        f"entreprise {company_id} : une sauvegarde a été remise en place le {_day(at)} ; les événements d’avant, jusqu’au"
        f" n° {last.seq} attesté le {_day(last.at)}, ne sont plus dans l’historique"
    )


def restored_in_place(history: History, told: Container[tuple[str, str]]) -> Iterator[str]:
    """A note for each backup that took the place of a newer state, whether or not an anchor tells of it."""
    for chain in history.chains.values():
        for event in chain.restored:
            is_told = (chain.company_id, event["at"]) in told
            if json_of(event["data"]).get("in_place") is True and not is_told:
                yield (
                    f"entreprise {chain.company_id} : une sauvegarde a été remise en place le {_day(event['at'])} ;"
                    f" l’historique reprend après l’événement {event['seq'] - 1}"
                )


def _day(at: Any) -> str:
    """`2026-11-24 22:41 UTC`: times as they are signed."""
    text = str(at)
    return f"{text[:10]} {text[11:16]} UTC"
