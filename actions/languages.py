"""Messages that hold nothing to read in French: signs alone, or another language."""

from __future__ import annotations

import re
import unicodedata

from .firm_words import plain

# The small words of a language, those that French has too left out: they stand in nearly every sentence.
_SMALL_WORDS = {
    "english": "the i you my your we our is are can have has want need help please hello with own what how do this",
    "spanish": "el los las yo mi mis tengo soy quiero necesito ayuda hola con una por para que como esta este gracias",
    "german": "der die das ich wir mein meine habe haben bin ist brauche hilfe hallo mit ein eine und nicht bitte",
    "italian": "il gli io mio mia ho sono voglio bisogno aiuto ciao con una per che come questo grazie",
    "portuguese": "o os eu meu minha tenho sou quero preciso ajuda ola com uma por para que como obrigado",
}
_FOREIGN = {name: frozenset(words.split()) for name, words in _SMALL_WORDS.items()}
_FRENCH = frozenset(
    "je tu il elle on nous vous ils le la les un une des du de et est suis ai as avez pas ne que qui mon ma mes ce "
    "cela ca c j l d n s pour dans avec sur mais ou si oui non bonjour merci".split()
)


def unread(text: str) -> str | None:
    """What keeps a text from being read: `sans_mots`, `autre_langue`, or None. The name of the bot's word for it."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return "sans_mots" if text.strip() and not any(char.isdigit() for char in text) else None
    foreign = sum(1 for char in letters if not unicodedata.name(char, "").startswith("LATIN"))
    if 2 * foreign > len(letters):
        return "autre_langue"
    words = re.findall(r"[a-z]+", plain(text))
    french = sum(word in _FRENCH for word in words)
    most = max(sum(word in known for word in words) for known in _FOREIGN.values())
    return "autre_langue" if most >= 2 and most > french else None
