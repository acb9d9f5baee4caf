"""`connecteur check` of the conversation's files: schema, cross-references, reach, length, and words that owners hate.

Each finding is (file, line, sentence); the sentence says what to do. Reads the files again with their lines: slow,
and only for the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from . import questionnaire as questionnaire_file
from . import trades as trades_file
from .content import DIALOGUES, ContentFileError, read_with_lines
from .traits import COMPUTED, SETTLED_BY_TRADE

Finding = tuple[str, int | None, str]
BUBBLE = 320

_QUESTION_KEYS = {
    *("id", "axe", "texte", "rappel", "mots", "pourquoi", "poids", "poids_si", "si", "choix", "nsp_action"),
    *("besoin", "besoin_sinon", "source", "obligation", "type", "max", "traits", "quand", "besoins_si_oui"),
    *("a_savoir", "a_savoir_sources"),
}
_CHOICE_KEYS = {
    *(
        "id",
        "label",
        "n",
        "n_si",
        "so",
        "refus",
        "alerte",
        "si",
        "si_solo",
        "besoins",
        "trait",
        "seul",
        "de",
        "a",
    ),
    *("effort_max", "cout_max"),
}
_NEED_KEYS = {
    *("axe", "nom", "vouloir", "impact", "effort", "cout", "apres", "obligation", "echeances", "premier_pas"),
    "chantier",
}
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
_TERM_KEYS = {"id", "mot", "aliases", "dire", "eviter", "sens", "exemple", "source"}
_WHEN = re.compile(r"^(?:apres_\w+|fin|plan_payant|axe_solide)$")


def check_content() -> Sequence[Finding]:
    """All problems of dialogues/questionnaire.yml, trades.yml, glossary.yml and the responses."""
    found: list[Finding] = []
    for name in (questionnaire_file.FILE, trades_file.FILE, "glossary.yml"):
        try:
            read_with_lines(name)
        except FileNotFoundError:
            found.append((f"dialogues/{name}", None, "ce fichier manque ; remettez-le à sa place."))
        except MarkedYAMLError as error:
            mark = error.problem_mark
            line = None if mark is None else mark.line + 1
            found.append((f"dialogues/{name}", line, f"ce n'est pas du YAML lisible : {error.problem}."))
    if found:
        return found
    found += _Questionnaire().findings()
    found += _trades()
    found += _glossary()
    found += _responses()
    return sorted(found, key=lambda one: (one[0], one[1] or 0))


def _line(item: Any, key: Any = None) -> int | None:
    marks = getattr(item, "lc", None)
    if marks is None:
        return None
    if key is not None and marks.data and key in marks.data:
        return int(marks.data[key][0]) + 1
    return None if marks.line is None else int(marks.line) + 1


class _Questionnaire:
    """The checks of questionnaire.yml."""

    file = f"dialogues/{questionnaire_file.FILE}"

    def __init__(self) -> None:
        self.data = read_with_lines(questionnaire_file.FILE)
        self.axes = {item["id"] for item in self.data.get("axes") or ()}
        self.needs = set((self.data.get("plan_d_action") or {}).get("besoins") or {})
        self.every = [
            (part, item)
            for part in ("profil", "questions", "declencheurs")
            for item in self.data.get(part) or ()
        ]
        self.ids = [str(item.get("id")) for _, item in self.every]
        goals: Any = next((item for _, item in self.every if item.get("id") == "but"), {})
        self.traits = {
            *(name for name in self.data.get("traits") or () if name != "but_*"),
            *COMPUTED,
            *(choice["id"] for choice in goals.get("choix") or ()),
        }

    def findings(self) -> Iterator[Finding]:
        """All of them."""
        for key in (
            "portes",
            "profil",
            "axes",
            "questions",
            "declencheurs",
            "version_courte",
            "score",
            "plan_d_action",
        ):
            if key not in self.data:
                yield self.file, None, f"il manque la partie « {key} » ; ajoutez-la."
        yield from self._doubles(self.ids, [item for _, item in self.every], "la question")
        for part, item in self.every:
            yield from self._question(part, item)
        yield from self._needs()
        yield from self._short_version()
        yield from self._words()
        yield from self._reach()
        yield from self._free_answers()
        if not any(True for _ in self._shape()):
            return
        yield from self._shape()

    def _doubles(self, ids: Sequence[str], items: Sequence[Any], what: str) -> Iterator[Finding]:
        for index, name in enumerate(ids):
            if name in ids[:index]:
                yield (
                    self.file,
                    _line(items[index]),
                    f"{what} « {name} » est écrite deux fois ; changez un des deux id.",
                )

    def _shape(self) -> Iterator[Finding]:
        try:
            questionnaire_file.load()
        except ContentFileError as error:
            yield self.file, error.line, error.message

    def _question(self, part: str, item: Any) -> Iterator[Finding]:
        name = str(item.get("id"))
        for key in item:
            if key not in _QUESTION_KEYS:
                yield (
                    self.file,
                    _line(item, key),
                    f"la clé « {key} » n'existe pas pour une question ; corrigez ou enlevez-la.",
                )
        for key in ("id", "texte", "pourquoi"):
            if not item.get(key):
                yield self.file, _line(item), f"la question « {name} » n'a pas de « {key} » ; ajoutez-le."
        kind = item.get("type", "choix")
        if kind not in ("choix", "multi", "ouinon", "nombre", "lieu", "secteur"):
            yield (
                self.file,
                _line(item, "type"),
                f"le type « {kind} » n'existe pas : choix, multi, ouinon, nombre, lieu, secteur.",
            )
        if kind in ("choix", "multi") and not item.get("choix"):
            yield self.file, _line(item), f"la question « {name} » n'a pas de choix ; ajoutez-en."
        choices = item.get("choix") or []
        yield from self._doubles(
            [str(one.get("id")) for one in choices], choices, f"dans « {name} », la réponse"
        )
        for choice in choices:
            yield from self._choice(part, name, choice)
        yield from self._condition(item, "si", name)
        for key in ("poids_si", "besoin_sinon"):
            if isinstance(item.get(key), Mapping):
                yield from self._condition(item[key], "si", name)
        if part == "questions":
            yield from self._scored(name, item)
        if part == "declencheurs" and not _WHEN.match(str(item.get("quand") or "")):
            yield (
                self.file,
                _line(item),
                f"« {name} » : quand doit être apres_<axe>, fin, plan_payant ou axe_solide.",
            )
        if str(item.get("quand") or "").startswith("apres_") and item["quand"][6:] not in self.axes:
            yield (
                self.file,
                _line(item, "quand"),
                f"« {name} » attend l'axe « {item['quand'][6:]} », qui n'existe pas.",
            )

    def _scored(self, name: str, item: Any) -> Iterator[Finding]:
        if item.get("axe") not in self.axes:
            known = ", ".join(sorted(self.axes))
            yield (
                self.file,
                _line(item, "axe"),
                f"la question « {name} » renvoie à l'axe « {item.get('axe')} », qui n'existe pas. Axes : {known}.",
            )
        if item.get("poids") not in (1, 2, 3):
            yield self.file, _line(item, "poids"), f"« {name} » : le poids doit être 1, 2 ou 3."
        wanted = [("besoin", item.get("besoin"))]
        if isinstance(item.get("besoin_sinon"), Mapping):
            wanted.append(("besoin_sinon", item["besoin_sinon"].get("alors")))
        for key, need in wanted:
            if need not in self.needs:
                yield (
                    self.file,
                    _line(item, key),
                    f"« {name} » : le besoin « {need} » n'existe pas dans plan_d_action.",
                )
        scores = [one.get("n") for one in item.get("choix") or () if not one.get("so")]
        if scores and 3 not in scores:
            yield (
                self.file,
                _line(item),
                f"« {name} » : aucune réponse ne vaut 3, l'axe ne peut pas être complet.",
            )

    def _choice(self, part: str, name: str, choice: Any) -> Iterator[Finding]:
        for key in choice:
            if key not in _CHOICE_KEYS:
                yield (
                    self.file,
                    _line(choice),
                    f"« {name} » : la clé « {key} » n'existe pas pour une réponse.",
                )
        if not choice.get("id") or not choice.get("label"):
            yield (
                self.file,
                _line(choice),
                f"« {name} » : une réponse n'a pas d'id ou pas de label ; ajoutez-les.",
            )
        if part == "questions" and not choice.get("so") and choice.get("n") not in (0, 1, 2, 3):
            yield (
                self.file,
                _line(choice),
                f"« {name} » : la note n de « {choice.get('label')} » doit aller de 0 à 3.",
            )
        for need in choice.get("besoins") or ():
            if need not in self.needs:
                yield (
                    self.file,
                    _line(choice),
                    f"« {name} » : le besoin « {need} » n'existe pas dans plan_d_action.",
                )
        yield from self._condition(choice, "si", name)
        if isinstance(choice.get("n_si"), Mapping):
            yield from self._condition(choice["n_si"], "si", name)

    def _condition(self, item: Any, key: str, name: str) -> Iterator[Finding]:
        condition = item.get(key)
        if condition is None:
            return
        line = _line(item, key)
        if not isinstance(condition, Mapping) or set(condition) - {"tous", "un", "aucun"}:
            yield self.file, line, f"« {name} » : une condition s'écrit avec tous, un, aucun."
            return
        names = [one for part in condition.values() for one in part]
        for trait in names:
            question, _, answer = trait.partition("=")
            if answer:
                target = next((one for _, one in self.every if one.get("id") == question), None)
                if target is None:
                    yield (
                        self.file,
                        line,
                        f"« {name} » dépend de la question « {question} », qui n'existe pas.",
                    )
                elif answer not in _answers_of(target):
                    yield (
                        self.file,
                        line,
                        f"« {name} » attend « {answer} », que « {question} » ne propose pas.",
                    )
            elif trait not in self.traits:
                yield (
                    self.file,
                    line,
                    f"« {name} » : le trait « {trait} » n'existe pas ; voir la partie traits.",
                )
        if set(condition.get("tous") or ()) & set(condition.get("aucun") or ()):
            yield (
                self.file,
                line,
                f"« {name} » : sa condition veut et refuse le même trait, elle ne peut jamais être vraie.",
            )
        some = set(condition.get("un") or ())
        if some and some <= set(condition.get("aucun") or ()):
            yield (
                self.file,
                line,
                f"« {name} » : tous les traits de « un » sont aussi dans « aucun », jamais vrai.",
            )
        if {"solo", "equipe"} <= set(condition.get("tous") or ()):
            yield (
                self.file,
                line,
                f"« {name} » : seul et en équipe à la fois, sa condition ne peut jamais être vraie.",
            )

    def _needs(self) -> Iterator[Finding]:
        table = (self.data.get("plan_d_action") or {}).get("besoins") or {}
        keys = list(self.data.get("besoins_cles") or ())
        for key in keys:
            if key not in table:
                yield (
                    self.file,
                    _line(self.data, "besoins_cles"),
                    f"le besoin « {key} » n'a pas de ligne dans plan_d_action.",
                )
        for key, need in table.items():
            line = _line(table, key)
            if key not in keys:
                yield self.file, line, f"le besoin « {key} » n'est pas dans besoins_cles ; ajoutez-le."
            for field in sorted(set(need) - _NEED_KEYS):
                yield self.file, line, f"« {key} » : la clé « {field} » n'existe pas pour un besoin."
            for field in ("axe", "nom", "vouloir", "impact", "effort", "cout", "premier_pas", "chantier"):
                if need.get(field) in (None, ""):
                    yield self.file, line, f"le besoin « {key} » n'a pas de « {field} » ; ajoutez-le."
            for field, most in (("impact", 3), ("effort", 3), ("cout", 3)):
                if need.get(field) not in range(0 if field == "cout" else 1, most + 1):
                    yield self.file, line, f"« {key} » : {field} doit être un nombre jusqu'à {most}."
            if need.get("axe") not in self.axes:
                yield self.file, line, f"« {key} » : l'axe « {need.get('axe')} » n'existe pas."
            for other in need.get("apres") or ():
                if other not in table:
                    yield self.file, line, f"« {key} » vient après « {other} », qui n'existe pas."

    def _short_version(self) -> Iterator[Finding]:
        section = self.data.get("version_courte") or {}
        for item in section.get("questions") or ():
            named = [
                item.get("id"),
                item.get("remplacer_par"),
                item.get("sinon"),
                *(item.get("premier_de") or ()),
            ]
            for name in filter(None, named):
                if name not in self.ids:
                    yield (
                        self.file,
                        _line(item),
                        f"la version courte cite « {name} », qui n'est pas une question.",
                    )

    def _reach(self) -> Iterator[Finding]:
        """A scored question that no trade, client or size can bring up is never put."""
        trades = trades_file.load()
        questionnaire = questionnaire_file.load()
        sets = [set(trade.traits) for trade in trades.trades.values()]
        sets += [set(trade.traits) for trade in trades.families.values() if not trade.has_open_traits]
        mixed = {"produits", "stock", "complement"}
        sets += [
            known | mixed
            for known, trade in zip(sets, trades.trades.values(), strict=False)
            if trade.is_mixed
        ]
        extra = [{"solo"}, {"equipe"}, {"equipe", "dix"}]
        goals = {one.id for one in questionnaire.questions["but"].choices}
        every = set(SETTLED_BY_TRADE) | set(COMPUTED) | goals
        for _, item in self.every:
            question = questionnaire.questions.get(str(item.get("id")))
            if question is None or not question.is_scored:
                continue
            reached = any(
                question.condition.holds(
                    {**dict.fromkeys(every, False), **dict.fromkeys(known | more | goal, True)}
                )
                for known, more, goal in product(sets, extra, ({*()}, goals))
            )
            if not reached:
                yield (
                    self.file,
                    _line(item),
                    f"« {question.id} » ne peut être posée à aucun métier ; revoyez sa condition.",
                )

    def _free_answers(self) -> Iterator[Finding]:
        section = self.data.get("reponses_libres") or {}
        for name, patterns in section.items():
            if not isinstance(patterns, Mapping) or name == "communs":
                continue
            item = next((one for _, one in self.every if one.get("id") == name), None)
            if item is None:
                yield (
                    self.file,
                    _line(section, name),
                    f"reponses_libres cite « {name} », qui n'est pas une question.",
                )
                continue
            scores = {choice.get("n") for choice in item.get("choix") or ()}
            for score in patterns:
                if score not in scores:
                    yield self.file, _line(patterns, score), f"« {name} » : aucune réponse ne vaut {score}."

    def _words(self) -> Iterator[Finding]:
        """What owners read: not too long, and in their words."""
        hated = [str(word) for word in self.data.get("mots_interdits") or ()]
        shown = ("portes", "profil", "questions", "declencheurs", "plan_d_action", "paroles", "axes")
        for part in shown:
            for text, line in _texts(self.data.get(part)):
                if len(text) > BUBBLE:
                    yield (
                        self.file,
                        line,
                        f"cette phrase a {len(text)} caractères ; coupez-la à {BUBBLE} au plus.",
                    )
                for word in hated:
                    if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                        yield (
                            self.file,
                            line,
                            f"« {word} » n'est pas un mot d'artisan ; dites-le autrement (glossary.yml).",
                        )


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


def _texts(node: Any, line: int | None = None) -> Iterator[tuple[str, int | None]]:
    """The texts that are shown, with their lines; a long thing to know is cut into bubbles by the program."""
    if isinstance(node, str):
        yield node, line
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _HIDDEN:
                yield from _texts(value, _line(node, key))
    elif isinstance(node, Sequence):
        for index, value in enumerate(node):
            marks = getattr(node, "lc", None)
            at = (
                int(marks.data[index][0]) + 1
                if marks is not None and marks.data and index in marks.data
                else line
            )
            yield from _texts(value, at)


def _answers_of(item: Mapping[str, Any]) -> set[str]:
    if item.get("type") == "ouinon":
        return {"oui", "non"}
    return {str(one.get("id")) for one in item.get("choix") or ()}


def _trades() -> Iterator[Finding]:
    file = f"dialogues/{trades_file.FILE}"
    data = read_with_lines(trades_file.FILE)
    needs = questionnaire_file.load().needs
    seen: dict[str, str] = {}
    codes: dict[str, str] = {}
    for item in [*(data.get("familles") or ()), *(data.get("metiers") or ())]:
        name = str(item.get("id"))
        if name in seen:
            yield file, _line(item), f"« {name} » est écrit deux fois ; changez un des deux id."
        seen[name] = name
        for key in item:
            if key not in _TRADE_KEYS:
                yield (
                    file,
                    _line(item, key),
                    f"« {name} » : la clé « {key} » n'existe pas ; corrigez ou enlevez-la.",
                )
        for key in ("id", "nom", "usages"):
            if not item.get(key):
                yield file, _line(item), f"« {name} » n'a pas de « {key} » ; ajoutez-le."
        for trait in item.get("traits") or ():
            if trait not in SETTLED_BY_TRADE:
                yield file, _line(item, "traits"), f"« {name} » : le trait « {trait} » n'existe pas."
        for need in item.get("besoins_forts") or ():
            if need not in needs:
                yield file, _line(item, "besoins_forts"), f"« {name} » : le besoin « {need} » n'existe pas."
        if len(item.get("usages") or ()) != 3:
            yield file, _line(item, "usages"), f"« {name} » : il faut trois usages."
        for naf in item.get("naf") or ():
            if not re.fullmatch(r"\d\d\.\d\d[A-Z]", str(naf)):
                yield file, _line(item, "naf"), f"« {name} » : « {naf} » n'est pas un code NAF (10.71C)."
            if codes.get(str(naf), name) != name:
                yield (
                    file,
                    _line(item, "naf"),
                    f"le code {naf} est déjà à « {codes[str(naf)]} » ; gardez-le à un seul endroit.",
                )
            codes[str(naf)] = name
        for text, line in _texts({"usages": item.get("usages"), "erreur": item.get("erreur")}):
            if len(text) > BUBBLE:
                yield (
                    file,
                    line or _line(item),
                    f"« {name} » : {len(text)} caractères, coupez à {BUBBLE} au plus.",
                )


def _glossary() -> Iterator[Finding]:
    file = "dialogues/glossary.yml"
    seen: set[str] = set()
    for item in read_with_lines("glossary.yml").get("termes") or ():
        name = str(item.get("id"))
        if name in seen:
            yield file, _line(item), f"le terme « {name} » est écrit deux fois ; changez un des deux id."
        seen.add(name)
        for key in item:
            if key not in _TERM_KEYS:
                yield file, _line(item), f"« {name} » : la clé « {key} » n'existe pas pour un terme."
        for key in ("mot", "dire", "sens", "exemple"):
            if not item.get(key):
                yield file, _line(item), f"le terme « {name} » n'a pas de « {key} » ; ajoutez-le."
        for key in ("sens", "exemple"):
            if len(str(item.get(key) or "")) > BUBBLE:
                yield file, _line(item), f"« {name} » : {key} dépasse {BUBBLE} caractères ; coupez."


def _responses() -> Iterator[Finding]:
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
                line = _line(variation)
                if len(text) > BUBBLE:
                    yield file, line, f"« {name} » : {len(text)} caractères ; coupez à {BUBBLE} au plus."
                for word in hated:
                    if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                        yield (
                            file,
                            line,
                            f"« {name} » : « {word} » n'est pas un mot d'artisan ; dites-le autrement.",
                        )
