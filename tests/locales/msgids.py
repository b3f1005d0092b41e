"""All French texts of the product, found in its sources: what the catalogue must know and typography rules."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

PACKAGE = Path(__file__).resolve().parents[2] / "webdoc_app"
# Where words speak to whoever runs the server, or are the demo's own.
NOT_SHOWN = {
    "demo.py",
    "cli.py",
    "build.py",
    "serve.py",
    "settings.py",
    "__main__.py",
    "services/audit.py",
    "services/audit_files.py",
    "services/audit_history.py",
    "services/backup.py",
    "domain/certificates.py",
    "domain/devices.py",
}
# Names of languages and of formats stay as they are; the rest is no text for people.
NO_TEXT = {"Français", "English", "Bearer", "One", "Two", "Three", " à ", "…", "\\1…"}

# Calls whose argument at this place is a text to translate, whatever they are a method of.
SPEAKING = {
    "t": 0,
    "words": 0,
    "translate": 0,
    "N_": 0,
    "_say": 0,
    "_done": 0,
    "one": 1,
    "FieldError": 1,
    "EventType": 0,
    "merchant_page": 1,
    "Conflict": 0,
    "NotFound": 0,
    "Forbidden": 0,
    "NotSignedIn": 0,
    "TooMany": 0,
    "TooLarge": 0,
}
FRENCH = re.compile("[À-ÖØ-öø-ÿŒœ’«»…]")
WORDS = re.compile("[A-ZÀ-Ý][a-zà-ÿ]+( [A-Za-zÀ-ÿ’%-]+)*[.…]?")


@functools.cache
def used_texts() -> dict[str, str]:
    """Each text that is shown to somebody -> where it stands."""
    found: dict[str, str] = {}
    for path in _sources():
        for text, line in _shown(_without_exports(ast.parse(path.read_text("utf-8")))):
            found.setdefault(text, f"{path.relative_to(PACKAGE)}:{line}")
    for path in (p for p in PACKAGE.glob("templates/**/*") if p.suffix in (".html", ".txt")):
        for text, line in _of_template(path):
            found.setdefault(text, f"{path.relative_to(PACKAGE)}:{line}")
    return {text: place for text, place in found.items() if text not in NO_TEXT and "|" not in text}


@functools.cache
def all_constants() -> set[str]:
    """Every text constant there is, shown or not."""
    trees = (ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py"))
    return {text for tree in trees for text, _ in _constants(tree)}


def _sources() -> Iterator[Path]:
    return (
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() not in NOT_SHOWN
    )


def _of_template(path: Path) -> Iterator[tuple[str, int]]:
    tree = Environment().parse(path.read_text("utf-8"))
    for line, _, message in extract_from_ast(tree, ("t", "_")):
        text = message[0] if isinstance(message, tuple) else message
        if text:
            yield text, line


def _shown(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Texts in speaking calls; words listed in tuples, lists and dicts; anything that is plainly French."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _spoken(node)
        elif isinstance(node, ast.Tuple | ast.List):
            yield from (c for item in node.elts for c in _constants(item) if WORDS.fullmatch(c[0]))
        elif isinstance(node, ast.Dict):
            yield from (c for item in node.values for c in _constants(item) if WORDS.fullmatch(c[0]))
    yield from (constant for constant in _constants(tree) if FRENCH.search(constant[0]))


def _without_exports(module: ast.Module) -> ast.Module:
    """`__all__` lists names, not words."""
    module.body = [s for s in module.body if not (isinstance(s, ast.Assign) and "__all__" in ast.unparse(s))]
    return module


def _spoken(call: ast.Call) -> Iterator[tuple[str, int]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "in_context" and all(isinstance(argument, ast.Constant) for argument in call.args):
        yield "\x04".join(ast.literal_eval(argument) for argument in call.args), call.lineno
    place = SPEAKING.get(name)
    if place is not None and len(call.args) > place:
        argument = call.args[place]
        branches = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        for branch in branches:
            if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
                yield branch.value, branch.lineno


def _constants(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Text constants that are neither documentation nor pieces of an f-string."""
    if isinstance(tree, ast.Constant):
        if isinstance(tree.value, str):
            yield tree.value, tree.lineno
    elif isinstance(tree, ast.JoinedStr):
        yield from (
            c for part in tree.values if isinstance(part, ast.FormattedValue) for c in _constants(part)
        )
    elif not (isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant)):
        yield from (constant for child in ast.iter_child_nodes(tree) for constant in _constants(child))
