"""An attack that is going on now: seen in the words of the message, whatever intent they were read as."""

from __future__ import annotations

import re

_NOW = re.compile(
    r"\b(?:je suis|on est|nous sommes|j'ai ete|on a ete|on s'est fait|je me suis fait|je viens de me faire"
    r"|mon (?:compte|ordi\w*|pc|site|serveur|telephone) (?:est|a ete|s'est fait))\b.{0,20}"
    r"\b(?:pirat|hack|crypt|rancon|infect)"
    r"|\b(?:rancon|rancongiciel|ransomware)\b.{0,40}\b(?:demand|reclam|ecran|bloqu|payer|affich)"
    r"|\b(?:tout|(?:tous )?mes fichiers|mon ecran|l'ecran|mon ordinateur) (?:est|sont|a ete) "
    r"(?:bloque|crypte|chiffre)"
    r"|\b(?:demand|reclam)\w* (?:une |de la )?rancon"
)
_NOT_NOW = re.compile(
    r"\bpeur\b|\bsi (?:je|on|jamais)\b|\beviter\b|\bne pas me faire\b|\bl'an(?:nee)? derni|\bil y a \d|\brisque"
    r"|\b(?:travaux|route|rue|neige|greve|embouteillage|bouchon)s?\b"
)


_OVER = re.compile(
    r"\b(?:c'est|tout est|probleme) (?:enfin |maintenant )?"
    r"(?:regle|resolu|repare|fini|calme|bon|rentre dans l'ordre)\b"
    r"|\b(?:tout|ca) (?:re)?(?:marche|fonctionne)\b(?! pas)|\bfausse alerte\b"
)


def is_attack_over(plain_text: str) -> bool:
    """Whether the owner says that it is settled."""
    return bool(_OVER.search(plain_text))


def is_attack_now(plain_text: str) -> bool:
    """Whether the owner says that he is under attack; `plain_text` is in lower case without accents."""
    return bool(_NOW.search(plain_text)) and not _NOT_NOW.search(plain_text)
