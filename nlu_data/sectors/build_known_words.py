"""Makes known_words.txt: right French words that look like a misspelled word of the lexicon, and are not.

The words are the forms of spaCy's French lemma tables (spacy-lookups-data, MIT, after Lefff, LGPL-LR); only those that
the reader would otherwise "correct" are kept. Run after changes of the lexicon:
`python nlu_data/sectors/build_known_words.py`.
"""

from __future__ import annotations

import gzip
import re
import tempfile
from pathlib import Path

import spacy

from bot.nlu import sector_lexicon
from bot.nlu.text import plain

FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Write known_words.txt beside this file."""
    lookups = spacy.load("fr_core_news_sm").get_pipe("lemmatizer").lookups
    words: set[str] = set()
    for table in lookups.get_table("lemma_exc").values():
        for form, lemmas in table.items():
            words.update(plain(str(word)) for word in (form, *lemmas))
    for lemmas in lookups.get_table("lemma_index").values():
        words.update(plain(str(word)) for word in lemmas)
    with gzip.open(FOLDER.parent / "places" / "communes.tsv.gz", "rt", encoding="utf-8") as communes:
        for line in communes:
            words.update(word for word in re.findall(r"[a-z]{5,}", plain(line)))
    words.update({word + "s" for word in words})
    words.update({word[:-2] + "ez" for word in words if word.endswith("er")})  # « montrez » is no « montres »
    with tempfile.TemporaryDirectory() as empty:
        lexicon = sector_lexicon.load(FOLDER, known_words=Path(empty) / "none.txt")
    kept = sorted(
        word
        for word in words
        if len(word) >= 4
        and word.isalpha()
        and word not in lexicon.spelling
        and word not in lexicon.verbs
        and lexicon.spelling.correct(word) not in (None, word)
    )
    text = (
        "# Formes françaises qui ne sont pas des fautes (voir build_known_words.py).\n"
        + "\n".join(kept)
        + "\n"
    )
    (FOLDER / "known_words.txt").write_text(text, encoding="utf-8")
    print(f"{len(kept)} words")


if __name__ == "__main__":
    main()
