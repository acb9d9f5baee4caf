"""`connecteur check` of trades.yml, glossary.yml and the responses; and what all checks of content share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from . import questionnaire as questionnaire_file
from . import trades as trades_file
from .catalogue import FOLDER
from .catalogue.source import read_yaml
from .content import DIALOGUES, ContentFileError, read_with_lines
from .traits import SETTLED_BY_TRADE

Finding = tuple[str, int | None, str]
BUBBLE = 320

_TRADE_KEYS = {
    *(
        "id",
        "nom",
        "naf",
        "mots",
        "traits",
        "mixte",
        "usages",
        "erreur",
        "besoins_forts",
        "source",
        "divisions",
    ),
    "traits_inconnus",
}
_TERM_KEYS = {"id", "mot", "aliases", "dire", "eviter", "sens", "exemple", "formalite", "source"}


def line_of(item: Any, key: Any = None) -> int | None:
    """The line of a mapping or list read with its lines, or of one of its keys."""
    marks = getattr(item, "lc", None)
    if marks is None:
        return None
    if key is not None and marks.data and key in marks.data:
        return int(marks.data[key][0]) + 1
    return None if marks.line is None else int(marks.line) + 1


_HIDDEN = {
    "source",
    "id",
    "etapes",
    "a_savoir_sources",
    "axe",
    "besoin",
    "mots",
    "traits",
    "suite",
    "a_savoir",
}


def texts(node: Any, line: int | None = None) -> Iterator[tuple[str, int | None]]:
    """The texts that are shown, with their lines; a long thing to know is cut into bubbles by the program."""
    if isinstance(node, str):
        yield node, line
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _HIDDEN:
                yield from texts(value, line_of(node, key))
    elif isinstance(node, Sequence):
        for index, value in enumerate(node):
            marks = getattr(node, "lc", None)
            at = (
                int(marks.data[index][0]) + 1
                if marks is not None and marks.data and index in marks.data
                else line
            )
            yield from texts(value, at)


def check_trades() -> Iterator[Finding]:
    """Problems of trades.yml."""
    file = f"dialogues/{trades_file.FILE}"
    data = read_with_lines(trades_file.FILE)
    needs = questionnaire_file.load().needs
    seen: dict[str, str] = {}
    codes: dict[str, str] = {}
    for item in [*(data.get("familles") or ()), *(data.get("metiers") or ())]:
        name = str(item.get("id"))
        if name in seen:
            yield file, line_of(item), f"« {name} » est écrit deux fois ; changez un des deux id."
        seen[name] = name
        for key in item:
            if key not in _TRADE_KEYS:
                yield (
                    file,
                    line_of(item, key),
                    f"« {name} » : la clé « {key} » n'existe pas ; corrigez ou enlevez-la.",
                )
        for key in ("id", "nom", "usages"):
            if not item.get(key):
                yield file, line_of(item), f"« {name} » n'a pas de « {key} » ; ajoutez-le."
        for trait in item.get("traits") or ():
            if trait not in SETTLED_BY_TRADE:
                yield file, line_of(item, "traits"), f"« {name} » : le trait « {trait} » n'existe pas."
        for need in item.get("besoins_forts") or ():
            if need not in needs:
                yield file, line_of(item, "besoins_forts"), f"« {name} » : le besoin « {need} » n'existe pas."
        if len(item.get("usages") or ()) != 3:
            yield file, line_of(item, "usages"), f"« {name} » : il faut trois usages."
        for naf in item.get("naf") or ():
            if not re.fullmatch(r"\d\d\.\d\d[A-Z]", str(naf)):
                yield file, line_of(item, "naf"), f"« {name} » : « {naf} » n'est pas un code NAF (10.71C)."
            if codes.get(str(naf), name) != name:
                yield (
                    file,
                    line_of(item, "naf"),
                    f"le code {naf} est déjà à « {codes[str(naf)]} » ; gardez-le à un seul endroit.",
                )
            codes[str(naf)] = name
        for text, line in texts({"usages": item.get("usages"), "erreur": item.get("erreur")}):
            if len(text) > BUBBLE:
                yield (
                    file,
                    line or line_of(item),
                    f"« {name} » : {len(text)} caractères, coupez à {BUBBLE} au plus.",
                )


def _formalities() -> set[str]:
    """The ids of formalities.yml; none where it cannot be read, which the check of the catalogue tells."""
    try:
        return {str(row.get("id")) for row in read_yaml(FOLDER / "formalities.yml")["formalities"]}
    except (ContentFileError, KeyError, TypeError, AttributeError):
        return set()


def check_glossary() -> Iterator[Finding]:
    """Problems of glossary.yml."""
    file = "dialogues/glossary.yml"
    seen: set[str] = set()
    formalities = _formalities()
    terms = read_with_lines("glossary.yml").get("termes") or ()
    owners = {str(item.get("mot")).casefold(): str(item.get("id")) for item in terms}
    for item in terms:
        name = str(item.get("id"))
        for word in (item.get("mot"), *(item.get("aliases") or ())):
            other = owners.get(str(word).casefold(), name)
            if other != name:
                sentence = (
                    f"« {name} » : « {word} » est le mot du terme « {other} » ; gardez-le d'un seul côté."
                )
                yield file, line_of(item), sentence
        if name in seen:
            yield file, line_of(item), f"le terme « {name} » est écrit deux fois ; changez un des deux id."
        seen.add(name)
        for key in item:
            if key not in _TERM_KEYS:
                yield file, line_of(item), f"« {name} » : la clé « {key} » n'existe pas pour un terme."
        if "formalite" in item and formalities and item["formalite"] not in formalities:
            yield file, line_of(item), f"« {name} » : « {item['formalite']} » n'est pas dans formalities.yml."
        for key in ("mot", "dire", "sens", "exemple"):
            if not item.get(key):
                yield file, line_of(item), f"le terme « {name} » n'a pas de « {key} » ; ajoutez-le."
        for key in ("sens", "exemple"):
            if len(str(item.get(key) or "")) > BUBBLE:
                yield file, line_of(item), f"« {name} » : {key} dépasse {BUBBLE} caractères ; coupez."


def check_responses() -> Iterator[Finding]:
    """Problems of the files in responses/."""
    hated = [str(word) for word in read_with_lines(questionnaire_file.FILE).get("mots_interdits") or ()]
    folder = DIALOGUES / "responses"
    for path in sorted(folder.glob("*.yml")):
        file = f"dialogues/responses/{path.name}"
        try:
            data = read_with_lines(f"responses/{path.name}")
        except MarkedYAMLError as error:
            mark = error.problem_mark
            line = None if mark is None else mark.line + 1
            yield file, line, f"ce n'est pas du YAML lisible : {error.problem}."
            continue
        for name, variations in (data.get("responses") or {}).items():
            for variation in variations:
                text = str(variation.get("text") or "")
                line = line_of(variation)
                if len(text) > BUBBLE:
                    yield file, line, f"« {name} » : {len(text)} caractères ; coupez à {BUBBLE} au plus."
                for word in hated:
                    if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                        yield (
                            file,
                            line,
                            f"« {name} » : « {word} » n'est pas un mot d'artisan ; dites-le autrement.",
                        )
