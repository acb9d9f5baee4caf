"""Where the firm is, read in an owner's text.

The finder gives the places that are named; here each gets its role from the words before it (the firm's place, a
customer's, the owner's home…), homonyms are settled by what else the message says, and one place is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.messages import Place
from bot.nlu import place_context as context
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.place_mentions import MentionFinder
from bot.nlu.place_words import Mention, Words
from bot.nlu.text import Normalised

DOMINANT = 3.0
"""A town so many times larger than its next homonym is meant when nothing else is said."""
MOST_ALTERNATIVES = 6
_HARD_BREAK = re.compile(r"[.;!?\n]|\bmais\b|,")
_LIST_LINK = re.compile(
    r"\s*(?:,|et|ou|&|/|-|ni)\s*(?:(?:a|de|d|sur|en|dans|du|au|vers|meme|puis|jusqu)\s*'?\s*)*(?:la|le|les|l)?\s*'?\s*\Z"
)
_REFUSED = frozenset(("customer", "home", "origin", "speciality", "foreign", "absent"))


class PlaceReader:
    """Reads places with one gazetteer. `load` it once; reading keeps nothing."""

    def __init__(self, gazetteer: Gazetteer, is_right: Callable[[str], bool] = lambda word: False) -> None:
        """`is_right` says of a word that it is right French, hence no misspelled name of a place."""
        self.gazetteer = gazetteer
        self._finder = MentionFinder(gazetteer, is_right)

    @classmethod
    def load(cls, folder: Path, is_right: Callable[[str], bool] = lambda word: False) -> PlaceReader:
        """Read the tables of a project's `nlu_data/places/`."""
        return cls(Gazetteer.load(folder), is_right)

    def around(self, lat: float, lon: float, most: int = 3) -> Place | None:
        """The nearest communes of a position as a place to be asked back; None far from all of them."""
        found = self.gazetteer.nearest_few(lat, lon, most)
        if not found:
            return None
        places = tuple(Place(one.name, one.insee, one.departement, one.region, (0, 0)) for one in found)
        return Place(None, None, None, None, (0, 0), places)

    def read(self, n: Normalised, corrected: Normalised | None = None) -> Place | None:
        """The firm's place in a free message, or None; `corrected` is the text with its common words put right."""
        corrected = corrected or n
        if not n.tokens or context.OFF_TOPIC.search(corrected.plain):
            return None
        words = Words(n, corrected)
        mentions = self._finder.find(words, bare=False)
        self._give_roles(words, mentions)
        return self._choose(n, [m for m in mentions if m.role not in _REFUSED], mentions)

    def read_answer(self, n: Normalised) -> Place | None:
        """The place in a text that answers "where?": a bare name, number or postcode is enough."""
        if not n.tokens or len(n.tokens) > 40:
            return self.read(n)
        words = Words(n, n)
        mentions = self._finder.find(words, bare=True)
        self._give_roles(words, mentions)
        kept = [m for m in mentions if m.role not in _REFUSED] or [
            m for m in mentions if m.role in ("home", "origin")
        ]
        return self._choose(n, kept, mentions)

    # ------------------------------------------------------------------ roles
    def _give_roles(self, words: Words, mentions: list[Mention]) -> None:
        previous: Mention | None = None
        for mention in mentions:
            self._give_role(words, mention)
            if previous is not None and mention.role in ("", "near"):
                link = words.plain[previous.end : mention.start]
                if _LIST_LINK.match(link) and previous.role in ("customer", "zone", "origin", "home"):
                    mention.role = previous.role
                if _LIST_LINK.match(link) and previous.near and "entre" in words.before(previous.first, 12):
                    mention.near = True
            previous = mention

    def _give_role(self, words: Words, mention: Mention) -> None:
        before, after = words.before(mention.first, 120), words.after(mention.last)
        close = before[-60:]
        if context.FOREIGN.match(after):
            mention.role = "foreign"
        elif context.CORRECTED.match(after):
            mention.role = "absent"
        elif context.SPECIALITY.search(close) and not re.search(
            r"\b(?:a|sur|en|dans)(?: l[ae]s?| l)? ?'?\Z", before
        ):
            mention.role = "speciality"
        elif context.NOT_THERE.search(before) and not context.NEAR.search(before):
            mention.role = "absent"
        else:
            mention.role = context.last_role(self._clause(before))
            linked = re.search(
                r"\b(?:a|au|aux|en|dans|sur|de|d|du|des|vers|jusqu)(?: l[ae]s?| l)? ?'?\Z", before
            )
            if (
                mention.role != "business"
                and not linked
                and not before.rstrip().endswith(("habite", "h", ",", "et"))
            ):
                mention.role = ""
        if not context.AROUND.match(after):
            towards = context.TOWARDS.search(close)
            mention.near = bool(mention.rows and (towards or context.NEAR.search(close)))
        mention.prepared = bool(re.search(r"\b(?:a|au|aux|en|dans|sur)(?: l[ae]s?| l)? ?'?\Z", before))

    def _clause(self, before: str) -> str:
        """The words of the same clause before a place: what stands before a comma speaks of something else."""
        clause = _HARD_BREAK.split(before)
        return clause[-1]

    # ------------------------------------------------------------------ choice
    def _choose(self, n: Normalised, kept: list[Mention], all_mentions: list[Mention]) -> Place | None:
        if not kept:
            return None
        kept = [m for m in kept if not m.guessed] or kept
        hints = self._hints(all_mentions)
        firm = [m for m in kept if m.role != "zone"] or kept
        towns = [m for m in firm if m.rows and not m.near]
        if towns:
            business = [m for m in towns if m.role == "business" and m.prepared]
            pool = business or [m for m in towns if m.prepared] or towns
            return self._town(n, pool[0], hints)
        near = [m for m in firm if m.rows]
        areas = [m for m in firm if m.code.startswith("dep:")]
        if areas:
            return self._area(n, areas[0])
        if near:
            return self._around(n, near[0], hints)
        return self._area(n, firm[0])

    def _hints(self, mentions: Iterable[Mention]) -> set[str]:
        """Codes of the areas that the message names, those of its unmistakable towns included."""
        hints = {m.code for m in mentions if m.code and m.role not in ("customer", "origin", "home")}
        for mention in mentions:
            if len(mention.rows) == 1:
                hints.add("dep:" + self.gazetteer.departement_of(mention.rows[0]))
        return hints

    def _settle(self, mention: Mention, hints: set[str]) -> tuple[tuple[int, ...], bool]:
        """The communes that a mention may be, likeliest first, and whether the first is meant."""
        rows = mention.rows
        if len(rows) == 1:
            return rows, True
        own = [row for row in rows if "dep:" + self.gazetteer.departement_of(row) in hints]
        if not own:
            own = [
                row
                for row in rows
                if "reg:" + (self.gazetteer.region_of(self.gazetteer.departement_of(row)) or "") in hints
            ]
        if own:
            return (*own, *(row for row in rows if row not in own)), True
        people = self.gazetteer.population
        return rows, people[rows[0]] >= DOMINANT * max(people[rows[1]], 1)

    def _town(self, n: Normalised, mention: Mention, hints: set[str]) -> Place:
        rows, settled = self._settle(mention, hints)
        span = n.span(mention.start, mention.end)
        if not settled and not self._is_postcode(n, mention):
            others = tuple(self._place(row, span) for row in rows[:MOST_ALTERNATIVES])
            return Place(self.gazetteer.names[rows[0]], None, None, None, span, others)
        others = tuple(self._place(row, span) for row in rows[1:MOST_ALTERNATIVES])
        place = self._place(rows[0], span)
        return Place(place.commune, place.insee, place.departement, place.region, span, others)

    def _is_postcode(self, n: Normalised, mention: Mention) -> bool:
        return n.plain[mention.start : mention.start + 2].isdigit()

    def _around(self, n: Normalised, mention: Mention, hints: set[str]) -> Place:
        rows, settled = self._settle(mention, hints)
        span = n.span(mention.start, mention.end)
        departements = list(dict.fromkeys(self.gazetteer.departement_of(row) for row in rows))
        areas = tuple(
            Place(None, None, code, self.gazetteer.region_of(code), span)
            for code in departements[:MOST_ALTERNATIVES]
        )
        if settled or len(areas) == 1:
            return Place(None, None, areas[0].departement, areas[0].region, span, areas[1:])
        return Place(None, None, None, None, span, areas)

    def _area(self, n: Normalised, mention: Mention) -> Place:
        kind, _, code = mention.code.partition(":")
        span = n.span(mention.start, mention.end)
        if kind == "dep":
            return Place(None, None, code, self.gazetteer.region_of(code), span)
        return Place(None, None, None, code, span)

    def _place(self, row: int, span: tuple[int, int]) -> Place:
        departement = self.gazetteer.departement_of(row)
        return Place(
            self.gazetteer.names[row],
            self.gazetteer.insee[row],
            departement,
            self.gazetteer.region_of(departement),
            span,
        )
