"""Properties of advice that hold for any firm, on the shipped catalogue and on made-up aids."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actions.advice import advise
from actions.aids import recommend_aids
from actions.catalogue import NEEDS, shipped
from actions.conditions import KINDS, Verdict, judge, missing_field
from actions.naf import classes
from actions.profile import STATUSES, Profile
from actions.territory import REGION_NAMES

TODAY = date(2026, 11, 25)

FIELDS = {
    "naf": st.sampled_from(sorted(classes())),
    "insee": st.sampled_from(
        ["35238", "40088", "40192", "19031", "31555", "81004", "2A004", "97411", "97611", "75056"]
    ),
    "headcount": st.integers(0, 300),
    "status": st.sampled_from(STATUSES),
    "turnover_eur": st.sampled_from([0, 12_000, 20_000, 900_000, 1_000_000, 3_000_000, 600_000_000]),
    "age_years": st.sampled_from([0, 0.4, 1, 2, 3, 12]),
    "legal_form": st.sampled_from(["EI", "MICRO", "SARL", "SAS", "ASSOCIATION", "SCI"]),
    "needs": st.lists(st.sampled_from(NEEDS), min_size=1, max_size=4, unique=True),
    "refused": st.lists(st.sampled_from(NEEDS), max_size=6, unique=True),
    "training_for": st.sampled_from(["head", "staff"]),
    "budget_eur": st.sampled_from([0, 500, 3_000, 6_000, 30_000]),
}
profiles = st.fixed_dictionaries({}, optional=FIELDS)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@settings(max_examples=150, deadline=None)
@given(profiles, days)
def test_an_aid_that_is_closed_or_whose_condition_fails_is_never_listed(data, today):
    profile, catalogue = Profile.from_json(data), shipped()
    listed = {one.aid.id: one for one in recommend_aids(profile, catalogue, today)}

    for aid in catalogue.aids.all:
        verdicts = [judge(condition, profile, catalogue.funds) for condition in aid.conditions]
        fails = (
            Verdict.NOT_MET in verdicts or aid.status == "closed" or (aid.end is not None and aid.end < today)
        )
        assert (aid.id in listed) == (not fails), aid.id
        if aid.id in listed:
            unsure = Verdict.UNKNOWN in verdicts or aid.needs_check(today)
            assert (listed[aid.id].state == "possible") == unsure
            unknown = [c for c, v in zip(aid.conditions, verdicts, strict=True) if v is Verdict.UNKNOWN]
            keys = {f"ask: {c.words}" if c.kind == "ask" else KINDS[c.kind].key for c in unknown}
            fields = {missing_field(c.kind, profile) for c in unknown} - {None}
            assert set(listed[aid.id].to_check) == keys | ({"status"} if aid.needs_check(today) else set())
            assert set(listed[aid.id].missing) == fields


@settings(max_examples=300, deadline=None)
@given(profiles, st.sampled_from(sorted(set(FIELDS) - {"refused"})), st.data())
def test_telling_one_more_fact_never_brings_a_ruled_out_aid_back(data, name, draw):
    known = {key: value for key, value in data.items() if key != name}
    before = {aid["id"] for aid in advise(known, TODAY)["aids"]}
    after = {aid["id"] for aid in advise({**known, name: draw.draw(FIELDS[name])}, TODAY)["aids"]}

    assert after <= before


@settings(max_examples=150, deadline=None)
@given(profiles)
def test_a_refused_need_is_nowhere_in_the_plan(data):
    plan = advise(data, TODAY)["plan"]

    assert not {item["need"] for item in plan} & set(data.get("refused", ()))
    assert len({item["need"] for item in plan}) == len(plan) <= 3


@settings(max_examples=100, deadline=None)
@given(profiles, st.randoms())
def test_the_order_in_which_things_were_told_changes_nothing(data, random):
    keys = list(data)
    random.shuffle(keys)
    shuffled = {key: data[key] for key in keys}
    if "needs" in shuffled:
        shuffled["needs"] = random.sample(shuffled["needs"], len(shuffled["needs"]))
    one, other = advise(data, TODAY), advise(shuffled, TODAY)

    assert one["plan"] == other["plan"]
    assert one["funds"] == other["funds"]
    assert {aid["id"] for aid in one["aids"]} == {aid["id"] for aid in other["aids"]}


VALUES = {
    "insee": [
        "35238",
        "40088",
        "19031",
        "31555",
        "2A004",
        "97411",
        "97611",
        "75056",
        "14118",
        "44109",
        "59350",
    ],
    "needs": [[need] for need in NEEDS],
    "headcount": [1, 2, 5, 9, 12, 25, 60, 300],
    "naf": [
        "10.71C",
        "47.11B",
        "69.10Z",
        "62.02A",
        "01.11Z",
        "25.62B",
        "56.10A",
        "43.22A",
        "88.10A",
        "86.21Z",
        "03.21Z",
    ],
    "status": STATUSES,
    "turnover_eur": [5_000, 15_000, 600_000, 1_500_000, 3_000_000, 20_000_000, 600_000_000],
    "age_years": [0, 0.3, 1, 2.5, 5, 20],
    "legal_form": ["EI", "MICRO", "SARL", "ASSOCIATION", "SCI"],
    "training_for": ["head", "staff"],
    "budget_eur": [0, 1_000, 4_000, 7_000, 50_000],
}


@settings(max_examples=150, deadline=None)
@given(profiles)
@example({"insee": "35238", "status": "association", "needs": ["presence_web", "formation"]})
def test_what_is_asked_next_is_missing_and_its_answer_can_change_what_is_told(data):
    advice = advise(data, TODAY)
    name = advice["ask_next"]

    if name is None:
        return
    assert data.get(name) is None or (name == "needs" and not Profile.from_json(data).needs)
    assert any(
        told(advise({**data, name: value, **({"refused": []} if name == "needs" else {})}, TODAY))
        != told(advice)
        for value in VALUES[name]
    )


def told(advice):
    return {aid["id"] for aid in advice["aids"]}, advice["funds"]


@settings(max_examples=60, deadline=None)
@given(days, st.integers(0, 23), st.integers(0, 59))
def test_an_aid_is_open_until_the_last_minute_of_its_last_day_in_paris(end, hour, minute):
    aid = shipped().aids.by_id["naq-brive"]
    moment = datetime(2026, 12, 31, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))

    assert aid.is_open(moment.date())
    assert not aid.is_open((moment + timedelta(days=1)).date())
    assert aid.is_open(end) == (end <= date(2026, 12, 31))


def test_the_year_ends_in_paris_and_not_in_greenwich():
    brive = {"insee": "19031", "needs": ["presence_web"]}
    just_after_in_paris = datetime(2026, 12, 31, 23, 30, tzinfo=ZoneInfo("UTC")).astimezone(
        ZoneInfo("Europe/Paris")
    )
    just_before_in_paris = just_after_in_paris - timedelta(hours=1)

    assert "naq-brive" in [aid["id"] for aid in advise(brive, just_before_in_paris.date())["aids"]]
    assert "naq-brive" not in [aid["id"] for aid in advise(brive, just_after_in_paris.date())["aids"]]


@given(st.sampled_from(sorted(REGION_NAMES)))
def test_a_region_is_never_offered_the_aid_of_another(region):
    aids = shipped().aids.by_id
    for aid in advise({"region": region}, TODAY)["aids"]:
        assert aids[aid["id"]].region in (None, region)
