"""Makes the words that are no misspelled trades.

known_words.txt: right French words that look like a misspelled word of the lexicon, and are not. They are the forms of
spaCy's French lemma tables (spacy-lookups-data, MIT, after Lefff, LGPL-LR); only those that the reader would otherwise
"correct" are kept.

everyday_words.txt: the words that owners use most in the NLU examples, the most frequent first. A misspelled word that
is as near to one of them as to a trade is theirs: « coment » asks how, and sells no « ciment ».

Run after changes of the lexicon or of the examples: `python nlu_data/sectors/build_known_words.py`.
"""

from __future__ import annotations

import gzip
import re
import tempfile
from collections import Counter
from pathlib import Path

import spacy

from bot.nlu import nlu_yaml, sector_lexicon
from bot.nlu.text import normalise, plain

FOLDER = Path(__file__).resolve().parent
OFTEN = 3


def main() -> None:
    """Write both files beside this one."""
    everyday = _everyday_words()
    _write("everyday_words.txt", "# Mots de tous les jours, les plus fréquents d'abord", everyday)
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
    _write("known_words.txt", "# Formes françaises qui ne sont pas des fautes", kept)


def _everyday_words() -> list[str]:
    data = nlu_yaml.read_files(nlu_yaml.nlu_files(FOLDER.parent))
    counts = Counter(token.word for example in data.examples for token in normalise(example.text).tokens)
    often = [(-count, word) for word, count in counts.items() if count >= OFTEN]
    return [word for _, word in sorted(often) if len(word) >= 5 and word.isalpha()]


def _write(name: str, head: str, words: list[str]) -> None:
    text = f"{head} (voir build_known_words.py).\n" + "\n".join(words) + "\n"
    (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(words)} words")


if __name__ == "__main__":
    main()
