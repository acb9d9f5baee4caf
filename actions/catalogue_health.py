"""What a chamber should look after in its catalogue on a day: what ends, what is stale, what is missing.

None of it is a mistake of the files (`catalogue_check`): time alone brings it about. `connecteur check` tells it as
remarks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from .catalogue import FOLDER, aid_files, read_epci
from .catalogue.aid import STALE_AFTER, Aid, read_aid, read_day
from .catalogue.source import line_of, read_yaml

ENDS_SOON_DAYS = 60
Remark = tuple[str, int | None, str]


def catalogue_health(today: date, folder: Path = FOLDER) -> list[Remark]:
    """What is stale, ending or missing on that day: file, line, one French sentence an aid or formality."""
    found: list[Remark] = []
    epci = read_epci(folder)
    for path in aid_files(folder):
        data = read_yaml(path, with_lines=True)
        for row in data.get("aids") or ():
            aid = read_aid(row, data.get("region"), epci)
            if aid.status != "closed" and (what := " ; ".join(_of_aid(aid, today))):
                found.append((_shown(path, folder), line_of(row), f"aide « {aid.id} » : {what}."))
    path = folder / "formalities.yml"
    for row in read_yaml(path, with_lines=True)["formalities"]:
        checked = read_day(row.get("checked"))
        if checked is None or today - checked > STALE_AFTER:
            said = f"vérifiée le {checked:%d/%m/%Y}" if checked else "date de vérification inconnue"
            found.append(
                (_shown(path, folder), line_of(row), f"formalité « {row['id']} » : {said}, relisez-la.")
            )
    return found


def _of_aid(aid: Aid, today: date) -> Iterator[str]:
    if aid.end is not None and aid.end < today:
        yield f"a pris fin le {aid.end:%d/%m/%Y}, passez-la en « closed »"
    elif aid.end is not None and (aid.end - today).days <= ENDS_SOON_DAYS:
        yield f"prend fin le {aid.end:%d/%m/%Y}, demandez si elle est reconduite"
    if aid.status == "unknown":
        yield "on ne sait pas si elle est ouverte, demandez-le et notez la date"
    elif aid.checked is None:
        yield "la date de vérification manque"
    elif aid.checked > today:
        yield f"dite vérifiée le {aid.checked:%d/%m/%Y}, dans le futur : corrigez la date"
    elif aid.needs_check(today):
        yield f"vérifiée en {aid.seen}, il y a plus de 180 jours"
    if aid.page is None:
        yield "pas de page officielle"


def _shown(path: Path, folder: Path) -> str:
    project = folder.parent.parent
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path)
