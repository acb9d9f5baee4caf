"""What a message changes: facts, answers, corrections, and what depended on them."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.emergency import is_attack_now
from actions.firm_words import people_words, place_words, plain
from actions.flow import FORM
from actions.handover import phone_number
from actions.hearing import ActionValidateSlotMappings

RENNES = {"commune": "Rennes", "insee": "35238", "departement": "35", "region": "53"}
VITRE = {"commune": "Vitré", "insee": "35360", "departement": "35", "region": "53"}
BAKERY = {"naf": "10.71C", "label": "Boulangerie", "confidence": 0.9, "alternatives": []}
_ids = itertools.count()


class Owner:
    """Hears messages one after the other; keeps the slots as the dialogue engine would."""

    def __init__(self, requested: str | None = None, **slots: Any) -> None:
        self.slots: dict[str, Any] = {"requested_slot": requested, **slots}

    def says(self, text: str, intent: str = "answer", **entities: Any) -> dict[str, Any]:
        loop = {"name": FORM} if self.slots["requested_slot"] else {}
        found = [
            {"entity": name, "value": value}
            for name, values in entities.items()
            for value in (values if isinstance(values, list) else [values])
        ]
        message = {"text": text, "intent": {"name": intent}, "entities": found, "message_id": str(next(_ids))}
        tracker = Tracker("u", dict(self.slots), message, [], False, None, loop, "action_listen")
        dispatcher = CollectingDispatcher()
        events = asyncio.run(ActionValidateSlotMappings().run(dispatcher, tracker, {}))
        changes = {event["name"]: event["value"] for event in events}
        self.slots.update(changes)
        self.said = [message["response"] for message in dispatcher.messages]
        return changes

    @property
    def remarks(self) -> str:
        return " ".join(self.slots["suivi"].get("remarks", ()))


def test_one_sentence_fills_all_and_is_said_back() -> None:
    owner = Owner()
    owner.says(
        "boulangerie à Rennes, on est 5, pas vendre en ligne",
        "express_need",
        sector=BAKERY,
        place=RENNES,
        headcount={"min": 5, "max": 5},
        need="visibilite_locale",
        negated_need="vente_en_ligne",
    )
    assert owner.slots["activite"] == {
        "naf": "10.71C",
        "label": "Boulanger, pâtissier",
        "metier": "boulanger",
    }
    assert owner.slots["lieu"] == RENNES
    assert owner.slots["effectif"] == {"min": 5, "max": 5}
    assert (owner.slots["besoins"], owner.slots["refus"]) == (["visibilite_locale"], ["vente_en_ligne"])
    assert owner.slots["porte"] == "besoin_precis"
    assert "à Rennes ; 5 personnes" in owner.remarks


def test_correction_replaces_a_fact_and_answers_no_question() -> None:
    owner = Owner("produits", activite={"naf": "96.02A", "metier": "coiffeur"}, lieu=RENNES)
    changes = owner.says("non, à Vitré", "answer", place=VITRE, produits="non")
    assert changes["lieu"] == VITRE
    assert "produits" not in changes
    assert "C'est corrigé : à Vitré." in owner.remarks


def test_place_named_in_passing_replaces_nothing() -> None:
    owner = Owner("t_site", lieu=RENNES)
    assert "lieu" not in owner.says("mon site a été fait à Vitré", "answer", place=VITRE, t_site="vieux")


def test_refusal_takes_a_wish_away_and_the_reverse() -> None:
    owner = Owner(besoins=["presence_web"], porte="express")
    owner.says("finalement je ne veux pas de site", "express_need", negated_need="presence_web")
    assert (owner.slots["besoins"], owner.slots["refus"]) == (None, ["presence_web"])
    owner.says("si, je veux un site", "express_need", need="presence_web")
    assert (owner.slots["besoins"], owner.slots["refus"]) == (["presence_web"], None)


def test_lack_said_as_an_answer_is_no_refusal() -> None:
    owner = Owner("t_site")
    owner.says("non, pas de site", "answer", t_site="non", negated_need="presence_web")
    assert owner.slots.get("refus") is None


def test_homonyms_become_choices_and_the_place_stays_open() -> None:
    owner = Owner("lieu")
    read = {
        "commune": "Saint-Denis",
        "insee": None,
        "alternatives": [{**RENNES, "commune": "Saint-Denis"}, VITRE],
    }
    changes = owner.says("à Saint-Denis", "dont_know", place=read)
    assert "lieu" not in changes
    assert [one["insee"] for one in owner.slots["suivi"]["offers"]["lieu"]] == ["35238", "35360"]
    assert owner.says('/answer{"lieu": "35360"}', "answer", lieu="35360")["lieu"] == VITRE


def test_torn_sector_becomes_choices() -> None:
    owner = Owner("activite")
    rivals = [{"naf": "25.62B", "label": "Mécanique industrielle", "confidence": 0.48}]
    read = {"naf": "45.20A", "label": "Réparation", "confidence": 0.5, "alternatives": rivals}
    assert "activite" not in owner.says("mécanicien", "answer", sector=read)
    assert len(owner.slots["suivi"]["offers"]["activite"]) == 2


@pytest.mark.parametrize("intent, value", [("dont_know", "nsp"), ("skip", "passe")])
def test_gestures_answer_the_open_question(intent: str, value: str) -> None:
    assert Owner("t_site").says("…", intent)["t_site"] == value


def test_passing_a_reopened_question_keeps_the_old_answer() -> None:
    owner = Owner("t_site", suivi={"redo": "t_site", "old": {"t_site": "reseau"}, "asked": ["t_site"]})
    assert owner.says("passer", "skip")["t_site"] == "reseau"


def test_second_answer_in_the_same_message_is_taken() -> None:
    owner = Owner("t_site", activite={"naf": "43.22A", "metier": "plombier"})
    changes = owner.says("pas de site, et mes factures je les fais sur un carnet", "answer", t_site="non")
    assert (changes["t_site"], changes["g_factures"]) == ("non", "papier")
    assert "Je note aussi" in owner.remarks


def test_free_answer_is_read_by_its_words_unless_they_are_denied() -> None:
    assert Owner("g_factures").says("avec excel", "out_of_scope")["g_factures"] == "modele"
    assert "g_factures" not in Owner("g_factures").says("pas de logiciel", "out_of_scope")


def test_third_goal_is_left_out_and_said() -> None:
    owner = Owner("but")
    changes = owner.says("les trois", "answer", but=["but_clients", "but_temps", "but_loin"])
    assert changes["but"] == ["but_clients", "but_temps"]
    assert "J'en garde deux" in owner.remarks


def test_changed_answer_drops_what_depended_on_it_and_says_so() -> None:
    hairdresser = {"naf": "96.02A", "metier": "coiffeur"}
    owner = Owner(
        "t_site",
        activite=hairdresser,
        produits="non",
        v_commande="message",
        d_officiel="oui",
        d_forme="societe",
    )
    changes = owner.says('/answer{"d_officiel": "non"}', "answer", d_officiel="non")
    assert changes["d_forme"] is None
    assert "j'oublie votre réponse" in owner.remarks


def test_unknown_choice_of_an_old_button_changes_nothing() -> None:
    changes = Owner("t_site").says('/answer{"t_site": "bleu"}', "answer", t_site="bleu")
    assert set(changes) == {"suivi"}


def test_same_message_is_heard_once() -> None:
    owner = Owner("t_site", porte="express")
    message = {
        "text": "non",
        "intent": {"name": "answer"},
        "entities": [{"entity": "t_site", "value": "non"}],
        "message_id": "m",
    }
    for expected in (2, 0):
        tracker = Tracker("u", dict(owner.slots), message, [], False, None, {"name": FORM}, "action_listen")
        events = asyncio.run(ActionValidateSlotMappings().run(CollectingDispatcher(), tracker, {}))
        assert len(events) == expected
        owner.slots.update({event["name"]: event["value"] for event in events})


@pytest.mark.parametrize(
    "text, is_attack",
    [
        ("je suis piraté, tout est bloqué", True),
        ("On s'est fait hacker le compte", True),
        ("ils demandent une rançon", True),
        ("mon ordi a été crypté ce matin", True),
        ("j'ai peur de me faire pirater", False),
        ("ne pas me faire pirater", False),
        ("si je suis piraté, que faire", False),
        ("tout est bloqué à cause des travaux dans la rue", False),
        ("ma comptable est bloquée dans les bouchons", False),
    ],
)
def test_attack_going_on_is_told_from_fear(text: str, is_attack: bool) -> None:
    assert is_attack_now(plain(text)) is is_attack


def test_what_is_already_there_is_no_wish() -> None:
    owner = Owner("e_apprendre", activite={"naf": "43.99C", "metier": "macon"})
    changes = owner.says("on a mis une annonce sur leboncoin", "express_need", need="vente_en_ligne")
    assert "besoins" not in changes
    changes = owner.says("j'ai un problème d'impayés", "express_need", need="gestion_facturation")
    assert changes["besoins"] == ["gestion_facturation"]


def test_only_new_wishes_are_said_back() -> None:
    owner = Owner("t_site", besoins=["visibilite_locale"], refus=["vente_en_ligne"])
    owner.says("je voudrais aussi me former", "express_need", need="formation")
    assert owner.slots["besoins"] == ["visibilite_locale", "formation"]
    assert "vous former" in owner.remarks
    assert "être trouvé" not in owner.remarks and "vente en ligne" not in owner.remarks


def test_after_an_attack_only_a_sure_answer_goes_on() -> None:
    owner = Owner("effectif")
    owner.says("je suis piraté, tout est bloqué", "complaint")
    owner.says("j'ai pas d'autre ordi", "express_need", need="equipement_connexion")
    assert owner.slots["suivi"]["awaiting"] == "urgence"
    assert owner.slots.get("besoins") is None
    owner.says("c'est réglé", "affirm")
    assert "Tant mieux" in owner.remarks
    assert "awaiting" not in owner.slots["suivi"]


def test_attack_is_answered_before_anything_else() -> None:
    owner = Owner("t_site")
    owner.says("je suis piraté, tout est bloqué", "complaint")
    assert owner.said == ["utter_cyber_emergency", "utter_cyber_emergency_who"]


@pytest.mark.parametrize(
    "place, words",
    [
        ({"commune": "Rennes"}, "à Rennes"),
        ({"commune": "Le Mans"}, "au Mans"),
        ({"commune": "Les Abymes"}, "aux Abymes"),
        ({"departement": "32"}, "dans le Gers"),
        ({"region": "53"}, "en Bretagne"),
        (None, ""),
    ],
)
def test_place_is_said_in_french(place: Any, words: str) -> None:
    assert place_words(place) == words


def test_people_are_said_in_french() -> None:
    assert [
        people_words({"min": low, "max": high}) for low, high in ((1, 1), (5, 5), (2, 5), (50, None))
    ] == [
        "une seule personne",
        "5 personnes",
        "2 à 5 personnes",
        "50 personnes ou plus",
    ]


@pytest.mark.parametrize(
    "raw, number",
    [
        ("02 99 12 34 56", "02 99 12 34 56"),
        ("+33 6.12.34.56.78", "06 12 34 56 78"),
        ("appelez au 0612345678 merci", "06 12 34 56 78"),
        ("12345", None),
        ("demain", None),
    ],
)
def test_phone_number_is_found_or_refused(raw: str, number: str | None) -> None:
    assert phone_number(raw) == number
