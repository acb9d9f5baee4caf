"""What `connecteur check` says of the catalogue: mistakes, each with its file, its line and what to do.

What is only stale or to be watched is not a mistake: `catalogue_health` tells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .catalogue import FOLDER, NEEDS, aid_files, read_epci
from .catalogue.aid import Aid, RowError, read_aid, read_day
from .catalogue.source import line_of, read_yaml
from .content import ContentFileError
from .naf import classes, expand
from .resources import KIND_WORDS
from .territory import REGION_NAMES, REGION_OF

Problem = tuple[str, int | None, str]

BUBBLE = 320
HATED = (
    *(
        "digital",
        "digitale",
        "digitaux",
        "digitalisation",
        "crm",
        "seo",
        "cloud",
        "process",
        "levier",
        "leviers",
    ),
    *("maturité", "kpi", "omnicanal", "roadmap", "benchmark", "leads", "community management"),
)
_REGION = re.compile(r"^region: [\"']?([^\"'\s#]+)", re.MULTILINE)
_HATED = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, HATED)) + r")(?!\w)", re.IGNORECASE)


def check_catalogue(today: date | None = None, folder: Path = FOLDER) -> list[Problem]:
    """All mistakes of a catalogue's files. `today`: an open aid that has ended is contradictory from the day after."""
    problems: list[Problem] = []
    try:
        epci = read_epci(folder)
    except ContentFileError as error:
        problems.append((error.file, error.line, error.message))
        epci = {}
    networks = _rows(folder / "networks.yml", "networks", problems)
    problems += _networks(folder / "networks.yml", networks)
    known_networks = {str(row.get("id")) for row in networks}
    funds = _rows(folder / "training_funds.yml", "funds", problems)
    problems += _funds(folder / "training_funds.yml", funds, known_networks)
    known_funds = {str(row.get("id")) for row in funds}
    seen: dict[str, str] = {}
    for path in aid_files(folder):
        problems += _aids(path, epci, known_networks, known_funds, seen, today, problems)
    resources = _rows(folder / "resources.yml", "resources", problems)
    problems += _resources(folder / "resources.yml", resources, known_networks)
    figures = _rows(folder / "barometer.yml", "figures", problems)
    problems += _figures(folder / "barometer.yml", figures)
    problems += _formalities(folder / "formalities.yml", known_networks, problems)
    problems += _home_pages(folder, problems)
    project = folder.parent.parent
    return [(_shown(Path(name), project), line, sentence) for name, line, sentence in problems]


def _shown(path: Path, project: Path) -> str:
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path)


def _rows(path: Path, key: str, problems: list[Problem]) -> list[Any]:
    try:
        rows = read_yaml(path, with_lines=True).get(key)
    except ContentFileError as error:
        problems.append((error.file, error.line, error.message))
        return []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        problems.append((str(path), 1, f"on attend une liste sous « {key}: »."))
        return []
    return rows


def _aids(
    path: Path,
    epci: Mapping[str, frozenset[str]],
    networks: set[str],
    funds: set[str],
    seen: dict[str, str],
    today: date | None,
    problems: list[Problem],
) -> Iterator[Problem]:
    rows = _rows(path, "aids", problems)
    found = _REGION.search(path.read_text(encoding="utf-8")) if rows else None
    region = found[1] if found else None
    for row in rows:
        line, name = line_of(row), str(path)
        try:
            aid = read_aid(row, region, epci)
        except RowError as error:
            yield name, line, f"aide « {row.get('id', '?')} » : {error}"
            continue
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            yield (
                name,
                line,
                f"aide « {row.get('id', '?')} » : une rubrique n'a pas la forme attendue ({error}).",
            )
            continue
        for sentence in aid_problems(aid, row, networks, funds, today):
            yield name, line, f"aide « {aid.id} » : {sentence}"
        if aid.id in seen:
            yield name, line, f"aide « {aid.id} » : cet identifiant est déjà pris dans {seen[aid.id]}."
        seen.setdefault(aid.id, f"{path.name}:{line}")


def aid_problems(
    aid: Aid, row: Mapping[str, Any], networks: set[str], funds: set[str], today: date | None
) -> Iterator[str]:
    """What is wrong with an aid that could be read; `networks` and `funds` are the ids that it may name."""
    for need in sorted(aid.needs - set(NEEDS)):
        yield f"besoin « {need} » inconnu : {', '.join(NEEDS)}."
    if not aid.needs:
        yield "il faut au moins un besoin."
    if aid.contact not in networks:
        yield f"contact « {aid.contact} » n'est pas dans networks.yml."
    if today is not None and aid.status == "open" and aid.end is not None and aid.end < today:
        yield f"ouverte, mais finie le {aid.end:%d/%m/%Y} : passez-la en « closed » ou corrigez la date."
    if today is not None and aid.status == "closed" and aid.end is not None and aid.end >= today:
        yield f"fermée, mais sa fin est le {aid.end:%d/%m/%Y} : corrigez l'un ou l'autre."
    pays = aid.pays
    for low, high, what in (
        (pays.min_eur, pays.max_eur, "l'aide"),
        (pays.base_min_eur, pays.base_max_eur, "la dépense"),
        (pays.rate_from, pays.rate, "le taux"),
    ):
        if low is not None and high is not None and low > high:
            yield f"« pays » : pour {what}, le minimum dépasse le maximum."
    if "page" not in row:
        yield "il manque « page » : mettez l'adresse officielle, ou null si on ne la connaît pas."
    elif aid.page is not None and not aid.page.startswith(("https://", "http://")):
        yield f"page « {aid.page} » : l'adresse commence par https://."
    if "checked" not in row:
        yield "il manque « checked » : mettez la date de vérification, ou null."
    elif aid.checked is not None and today is not None and aid.checked > today:
        yield f"vérifiée le {aid.checked:%d/%m/%Y}, dans le futur."
    for condition in aid.conditions:
        if condition.kind == "fund" and (unknown := set(condition.among or ()) - funds):
            yield f"fonds « {sorted(unknown)[0]} » n'est pas dans training_funds.yml."
        if condition.kind == "training_for" and not set(condition.among or ()) <= {"head", "staff"}:
            yield "training_for : « head » ou « staff »."
        if condition.kind == "ask":
            yield from _plain("question", condition.words)
    yield from _plain("line", aid.line)
    yield from _plain("note", aid.pays.note)


def _resources(path: Path, rows: list[Any], networks: set[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    counts = dict.fromkeys(NEEDS, 0)
    for row in rows:
        for sentence in _resource_problems(row, seen, networks):
            yield str(path), line_of(row), f"ressource « {row.get('id', '?')} » : {sentence}"
        seen.add(str(row.get("id")))
        if row.get("readers") != "advisors" and not row.get("for"):
            for need in row.get("needs") or ():
                if need in counts:
                    counts[need] += 1
    for need, count in counts.items():
        if count < 2 and rows:
            yield (
                str(path),
                1,
                f"besoin « {need} » : {count} ressource pour tous les métiers, il en faut deux.",
            )


def _resource_problems(row: Mapping[str, Any], seen: set[str], networks: set[str]) -> Iterator[str]:
    for key in ("id", "name", "needs", "kind", "minutes", "effort", "cost", "line"):
        if row.get(key) is None:
            yield f"il manque « {key} »."
            return
    if str(row["id"]) in seen:
        yield "cet identifiant est déjà pris."
    if row["kind"] not in KIND_WORDS:
        yield f"kind « {row['kind']} » inconnu : {', '.join(KIND_WORDS)}."
    for need in row["needs"]:
        if need not in NEEDS:
            yield f"besoin « {need} » inconnu."
    if not isinstance(row["minutes"], int) or row["minutes"] <= 0:
        yield "minutes : un nombre entier de minutes."
    if row["effort"] not in (1, 2, 3) or row["cost"] not in (0, 1, 2, 3):
        yield "effort va de 1 à 3, cost de 0 à 3."
    if row.get("page") is None and not row.get("text") and row.get("contact") not in networks:
        yield "il faut une page, un texte prêt à copier, ou un contact de networks.yml."
    wanted = row.get("for") or {}
    for code in wanted.get("naf") or ():
        try:
            expand([code])
        except ValueError as error:
            yield f"{error}."
    if wanted.get("region") is not None and str(wanted["region"]) not in REGION_NAMES:
        yield f"la région « {wanted['region']} » n'existe pas."
    try:
        read_day(row.get("checked"))
    except RowError as error:
        yield str(error)
    yield from _plain("line", row["line"])
    yield from _plain("text", row.get("text"))


def _networks(path: Path, rows: list[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in rows:
        for sentence in _network_problems(row):
            yield str(path), line_of(row), f"réseau « {row.get('id', '?')} » : {sentence}"
        if str(row.get("id")) in seen:
            yield str(path), line_of(row), f"réseau « {row['id']} » : cet identifiant est déjà pris."
        seen.add(str(row.get("id")))
    if rows and "conseillers-entreprises" not in seen:
        yield str(path), 1, "« conseillers-entreprises » doit rester : c'est le recours de tout le monde."


def _network_problems(row: Mapping[str, Any]) -> Iterator[str]:
    for key in ("id", "name", "does", "needs"):
        if row.get(key) is None:
            yield f"il manque « {key} »."
            return
    for need in row["needs"]:
        if need not in NEEDS:
            yield f"besoin « {need} » inconnu."
    if row.get("region") is not None and str(row["region"]) not in REGION_NAMES:
        yield f"la région « {row['region']} » n'existe pas."
    if row.get("departement") is not None and str(row["departement"]) not in REGION_OF:
        yield f"le département « {row['departement']} » n'existe pas."
    if not any(row.get(key) for key in ("phone", "email", "emails", "site", "how")):
        yield "dites comment les joindre : phone, email, site ou how."
    yield from _plain("does", row["does"])


def _funds(path: Path, rows: list[Any], networks: set[str]) -> Iterator[Problem]:
    for row in rows:
        where = (str(path), line_of(row))
        fund = f"fonds « {row.get('id', '?')} » : "
        if row.get("for") not in ("head", "staff"):
            yield *where, fund + "« for » vaut head ou staff."
        if row.get("network") is not None and row["network"] not in networks:
            yield *where, fund + f"network « {row['network']} » n'est pas dans networks.yml."
        for key in ("naf", "naf_hint", "naf_more", "naf_head", "naf_maybe"):
            for code in row.get(key) or ():
                if not any(naf.startswith(str(code)) for naf in classes()):
                    yield *where, fund + f"« {code} » n'est pas un début de code NAF."


def _home_pages(folder: Path, problems: list[Problem]) -> Iterator[Problem]:
    """Addresses that lead to a home page; those of `tools.yml` open on the service itself."""
    tools = _rows(folder / "tools.yml", "tools", problems)
    left = {_without_slash(str(row.get("address"))): row for row in tools}
    opening = set(left)
    for row in tools:
        if not row.get("opens"):
            yield str(folder / "tools.yml"), line_of(row), "dites ce que cette adresse ouvre : « opens »."
    for path in sorted(folder.rglob("*.yml")):
        if path.name == "tools.yml":
            continue
        try:
            data = read_yaml(path, with_lines=True)
        except ContentFileError:
            continue  # told by the reader of that file
        for line, address in _addresses(data, 1):
            left.pop(_without_slash(address), None)
            if is_home_page(address) and _without_slash(address) not in opening:
                yield (
                    str(path),
                    line,
                    f"{address} est une page d'accueil : mettez la page exacte, ou pas d'adresse et à qui demander.",
                )
    for row in left.values():
        yield str(folder / "tools.yml"), line_of(row), "cette adresse ne sert nulle part : enlevez-la."


_ADDRESS = re.compile(r"https?://[^\s\"'<>)»]+")
_NOT_SHOWN = ("source", "data")


def _addresses(value: Any, line: int | None) -> Iterator[tuple[int | None, str]]:
    """Every address in a file that an owner may be shown, with the line of its row."""
    if isinstance(value, str):
        for match in _ADDRESS.finditer(value):
            yield line, match[0].rstrip(".,;")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in _NOT_SHOWN:
                yield from _addresses(one, line_of(value) or line)
    elif isinstance(value, list):
        for one in value:
            yield from _addresses(one, line)


def is_home_page(address: str) -> bool:
    """Whether an address leads to the first page of a site."""
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _without_slash(address: str) -> str:
    return address.rstrip("/")


def _figures(path: Path, rows: list[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in rows:
        where, name = (str(path), line_of(row)), f"chiffre « {row.get('id', '?')} » : "
        for key in ("id", "phrase", "publisher", "source"):
            if not row.get(key):
                yield *where, name + f"il manque « {key} »."
        if row.get("topic") is not None and row["topic"] not in NEEDS:
            yield *where, name + f"besoin « {row['topic']} » inconnu."
        if row.get("year") is None and row.get("say", True):
            yield *where, name + "un chiffre qui se dit a une année."
        if str(row.get("id")) in seen:
            yield *where, name + "cet identifiant est déjà pris."
        seen.add(str(row.get("id")))
        for sentence in _plain("phrase", row.get("phrase")):
            yield *where, name + sentence


def _formalities(path: Path, networks: set[str], problems: list[Problem]) -> Iterator[Problem]:
    for row in _rows(path, "formalities", problems):
        where, name = (str(path), line_of(row)), f"formalité « {row.get('id', '?')} » : "
        if not row.get("page") and row.get("contact") not in networks:
            yield *where, name + "il faut une page officielle, ou un contact de networks.yml."
        cases = row.get("cases") or []
        if not cases or cases[-1].get("when"):
            yield *where, name + "le dernier cas est pour tous les autres : « when: {} »."
        for case in cases:
            if len(case.get("lines") or ()) > 3:
                yield str(path), line_of(case), name + "trois phrases au plus."
            for text in case.get("lines") or ():
                for sentence in _plain("phrase", text):
                    yield str(path), line_of(case), name + sentence


def _plain(key: str, text: Any) -> Iterator[str]:
    if not text:
        return
    if len(str(text)) > BUBBLE:
        yield f"« {key} » dépasse {BUBBLE} caractères : raccourcissez."
    if match := _HATED.search(str(text)):
        yield f"« {key} » dit « {match[0]} » : prenez un mot de tous les jours."
