"""The draft agreement of a non-profit loan of staff (Code du travail L8241-2), marked as a draft to be checked.

What is known is written in it, the rest is left blank. As Markdown, and as a tagged PDF to be printed and filled in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from .conditions import euros
from .need_words import NEED_WORDS
from .report import tagged_pdf
from .skills import LoanCost, cost_lines, days_words

TEMPLATE = Path(__file__).with_name("agreement.typ")
BLANK = "……………………"


@dataclass(frozen=True, slots=True)
class Party:
    """A firm as it signs; what is empty is left to be filled in."""

    name: str = ""
    siret: str = ""
    address: str = ""
    signatory: str = ""

    @property
    def line(self) -> str:
        """The firm, with blanks for what is not known."""
        name, siret, address, signatory = (part.strip() or BLANK for part in asdict(self).values())
        return f"{name}, SIRET {siret}, {address}, représentée par {signatory}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What both would agree on; what is None or empty is left blank."""

    skill: str | None = None
    days_a_month: float | None = None
    cost: LoanCost | None = None
    start: date | None = None
    months: int | None = None
    job: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The draft: a title, what to do before signing, and sections of lines."""

    title: str
    warning: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]


def draft_agreement(lender: Party, borrower: Party, terms: Terms) -> Agreement:
    """The draft with what the law wants in it."""
    skill = NEED_WORDS[terms.skill] if terms.skill is not None else BLANK
    days = days_words(terms.days_a_month) if terms.days_a_month is not None else f"{BLANK} jours par mois"
    start = f"{terms.start:%d/%m/%Y}" if terms.start is not None else BLANK
    price = euros(terms.cost.borrower_pays) if terms.cost is not None else BLANK
    sections = [
        (
            "Entre",
            (f"L'entreprise qui prête : {lender.line}", f"L'entreprise qui accueille : {borrower.line}"),
        ),
        (
            "Le prêt",
            (
                f"1. Compétence : {skill}. Poste : {terms.job.strip() or BLANK}.",
                f"2. Salarié : nom et qualification {BLANK}, avec son accord écrit (avenant à son contrat).",
                f"3. Durée : {terms.months or BLANK} mois à partir du {start}, {days}.",
                f"4. Lieu et horaires : {BLANK}",
                f"5. Période d'essai : {BLANK}",
            ),
        ),
        (
            "Le prix",
            (
                f"6. L'entreprise qui accueille rembourse, au plus, {price} par mois : salaire, cotisations et "
                "frais professionnels du salarié pour le temps passé. Aucun bénéfice.",
            ),
        ),
        (
            "Le salarié",
            (
                "7. Il reste salarié de l'entreprise qui prête, garde son salaire, son ancienneté "
                "et son poste au retour.",
                "8. Il ne peut pas être sanctionné pour avoir refusé le prêt.",
                "9. L'entreprise qui accueille répond de ses conditions de travail chez elle.",
                f"10. Représentants du personnel, s'il y en a : consultés le {BLANK}",
            ),
        ),
        (
            "Fin et signatures",
            (
                f"11. Chacun peut arrêter avec un préavis de {BLANK}",
                f"Fait à {BLANK} le {BLANK}",
                "Pour l'entreprise qui prête :",
                "Pour l'entreprise qui accueille :",
            ),
        ),
    ]
    if terms.cost is not None:
        sections.insert(-1, ("Ce que chacun paie", tuple(cost_lines(terms.cost))))
    return Agreement(
        title="PROJET de convention de prêt de main-d'œuvre à but non lucratif",
        warning="Projet à faire vérifier par un conseiller ou un juriste avant toute signature "
        "(code du travail, article L8241-2).",
        sections=tuple(sections),
    )


def to_markdown(draft: Agreement) -> str:
    """The draft as Markdown."""
    lines = [f"# {draft.title}", "", f"**{draft.warning}**"]
    for heading, listed in draft.sections:
        lines += ["", f"## {heading}", "", *(f"- {line}" for line in listed)]
    return "\n".join(lines) + "\n"


def to_pdf(draft: Agreement) -> bytes:
    """The draft as a tagged PDF (PDF/UA-1). No network, no system font."""
    return tagged_pdf(TEMPLATE, "draft", asdict(draft))
