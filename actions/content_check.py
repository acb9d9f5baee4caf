"""`connecteur check` of the conversation's files: schema, cross-references, reach, length, and words that owners hate.

Each finding is (file, line, sentence); the sentence says what to do. Reads the files again with their lines: slow,
and only for the check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from . import questionnaire as questionnaire_file
from . import trades as trades_file
from .content import ContentFileError, read_with_lines
from .list_check import BUBBLE, Finding, check_glossary, check_responses, check_trades, line_of, texts
from .traits import COMPUTED, SETTLED_BY_TRADE

_QUESTION_KEYS = {
    *("id", "axe", "texte", "rappel", "mots", "pourquoi", "poids", "poids_si", "si", "choix", "nsp_action"),
    *("besoin", "besoin_sinon", "source", "obligation", "type", "max", "traits", "quand", "besoins_si_oui"),
    *("a_savoir", "a_savoir_sources", "etape"),
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
    *("effort_max", "cout_max", "vaut", "fait", "hors", "premier_pas", "mots"),
}
_NEED_KEYS = {
    *("axe", "nom", "vouloir", "impact", "effort", "cout", "apres", "obligation", "echeances", "premier_pas"),
    "chantier",
}
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
        except ContentFileError as error:
            found.append((error.file, error.line, error.message))
    if found:
        return found
    found += _Questionnaire().findings()
    found += check_trades()
    found += check_glossary()
    found += check_responses()
    return sorted(found, key=lambda one: (one[0], one[1] or 0))


class _Questionnaire:
    """The checks of questionnaire.yml."""

    file = f"dialogues/{questionnaire_file.FILE}"

    def __init__(self) -> None:
        self.data = read_with_lines(questionnaire_file.FILE)
        self.axes = {item["id"] for item in self.data.get("axes") or ()}
        self.needs = set((self.data.get("plan_d_action") or {}).get("besoins") or {})
        self.every = [(part, item) for part in questionnaire_file.PARTS for item in self.data.get(part) or ()]
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
            "faits",
            "etranger",
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
        yield from self._tags()
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
                    line_of(items[index]),
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
                    line_of(item, key),
                    f"la clé « {key} » n'existe pas pour une question ; corrigez ou enlevez-la.",
                )
        for key in ("id", "texte", "pourquoi"):
            if not item.get(key):
                yield self.file, line_of(item), f"la question « {name} » n'a pas de « {key} » ; ajoutez-le."
        kind = item.get("type", "choix")
        if kind not in ("choix", "multi", "ouinon", "nombre", "lieu", "secteur"):
            yield (
                self.file,
                line_of(item, "type"),
                f"le type « {kind} » n'existe pas : choix, multi, ouinon, nombre, lieu, secteur.",
            )
        if kind in ("choix", "multi") and not item.get("choix"):
            yield self.file, line_of(item), f"la question « {name} » n'a pas de choix ; ajoutez-en."
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
                line_of(item),
                f"« {name} » : quand doit être apres_<axe>, fin, plan_payant ou axe_solide.",
            )
        if str(item.get("quand") or "").startswith("apres_") and item["quand"][6:] not in self.axes:
            yield (
                self.file,
                line_of(item, "quand"),
                f"« {name} » attend l'axe « {item['quand'][6:]} », qui n'existe pas.",
            )

    def _scored(self, name: str, item: Any) -> Iterator[Finding]:
        if item.get("axe") not in self.axes:
            known = ", ".join(sorted(self.axes))
            yield (
                self.file,
                line_of(item, "axe"),
                f"la question « {name} » renvoie à l'axe « {item.get('axe')} », qui n'existe pas. Axes : {known}.",
            )
        if item.get("poids") not in (1, 2, 3):
            yield self.file, line_of(item, "poids"), f"« {name} » : le poids doit être 1, 2 ou 3."
        wanted = [("besoin", item.get("besoin"))]
        if isinstance(item.get("besoin_sinon"), Mapping):
            wanted.append(("besoin_sinon", item["besoin_sinon"].get("alors")))
        for key, need in wanted:
            if need not in self.needs:
                yield (
                    self.file,
                    line_of(item, key),
                    f"« {name} » : le besoin « {need} » n'existe pas dans plan_d_action.",
                )
        scores = [one.get("n") for one in item.get("choix") or () if not one.get("so")]
        if scores and 3 not in scores:
            yield (
                self.file,
                line_of(item),
                f"« {name} » : aucune réponse ne vaut 3, l'axe ne peut pas être complet.",
            )

    def _choice(self, part: str, name: str, choice: Any) -> Iterator[Finding]:
        for key in choice:
            if key not in _CHOICE_KEYS:
                yield (
                    self.file,
                    line_of(choice),
                    f"« {name} » : la clé « {key} » n'existe pas pour une réponse.",
                )
        if not choice.get("id") or not choice.get("label"):
            yield (
                self.file,
                line_of(choice),
                f"« {name} » : une réponse n'a pas d'id ou pas de label ; ajoutez-les.",
            )
        if part == "questions" and not choice.get("so") and choice.get("n") not in (0, 1, 2, 3):
            yield (
                self.file,
                line_of(choice),
                f"« {name} » : la note n de « {choice.get('label')} » doit aller de 0 à 3.",
            )
        for need in choice.get("besoins") or ():
            if need not in self.needs:
                yield (
                    self.file,
                    line_of(choice),
                    f"« {name} » : le besoin « {need} » n'existe pas dans plan_d_action.",
                )
        yield from self._condition(choice, "si", name)
        if isinstance(choice.get("n_si"), Mapping):
            yield from self._condition(choice["n_si"], "si", name)

    def _condition(self, item: Any, key: str, name: str) -> Iterator[Finding]:
        condition = item.get(key)
        if condition is None:
            return
        line = line_of(item, key)
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
                    line_of(self.data, "besoins_cles"),
                    f"le besoin « {key} » n'a pas de ligne dans plan_d_action.",
                )
        for key, need in table.items():
            line = line_of(table, key)
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
                        line_of(item),
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
                    line_of(item),
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
                    line_of(section, name),
                    f"reponses_libres cite « {name} », qui n'est pas une question.",
                )
                continue
            scores = {choice.get("n") for choice in item.get("choix") or ()}
            for score in patterns:
                if score not in scores:
                    yield self.file, line_of(patterns, score), f"« {name} » : aucune réponse ne vaut {score}."

    def _words(self) -> Iterator[Finding]:
        """What owners read: not too long, and in their words."""
        hated = [str(word) for word in self.data.get("mots_interdits") or ()]
        shown = ("portes", *questionnaire_file.PARTS, "plan_d_action", "paroles", "axes")
        for part in shown:
            for text, line in texts(self.data.get(part)):
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

    def _tags(self) -> Iterator[Finding]:
        """Names between braces that the program never fills: the owner would read the braces, or nothing at all."""
        words = self.data.get("paroles") or {}
        for text, line in texts(words):
            for name in re.findall(r"\{(\w*)\}", text):
                if name not in _filled_names():
                    yield (
                        self.file,
                        line,
                        f"« {{{name}}} » n'est rempli par rien ; reprenez le nom entre accolades de cette phrase.",
                    )


@cache
def _filled_names() -> frozenset[str]:
    """The names that the program gives to the bot's words anywhere."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    return frozenset(one for pair in re.findall(r"\b(\w+)=(?!=)|\"(\w+)\": ", source) for one in pair if one)


def _answers_of(item: Mapping[str, Any]) -> set[str]:
    if item.get("type") == "ouinon":
        return {"oui", "non"}
    return {str(one.get("id")) for one in item.get("choix") or ()}
