"""Merging and splitting as changes of the catalog, suggestions, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.catalog.change_validation import check_changes
from lrs.people.identities import SeenIdentity, Suggestion, suggest
from lrs.people.merging import MergeRefused, merge, split
from schemas.catalog import Catalog, Change, Class, Member
from schemas.decision import Decision
from schemas.overruling import Overrule
from schemas.roster import Alias, Person
from schemas.xapi import Invalid
from schemas.xapi.actor import identity, sha1
from tests.support.rows import catalog_of

A, B, C, D = (f"account:https://m.example|{name}" for name in "abcd")
ADA = Person(id="7", name="Ada", mailboxes=["ada@a.example"])
MAIL = identity("mbox:mailto:ada@a.example")


def said(catalog: Catalog, *changes: Change) -> Catalog:
    for n, change in enumerate(changes):
        catalog.apply(change, catalog.position + n + 1, 0)
    return catalog


def test_a_merge_takes_all_that_either_is_known_by() -> None:
    catalog = said(Catalog(), ADA)
    said(catalog, *merge(catalog, B, [C]))
    said(catalog, *merge(catalog, "person:7", [B]))
    assert {catalog.people.person(key) for key in (B, C, "mbox:mailto:ADA@a.example")} == {"person:7"}
    assert merge(catalog, C, [B, "ada@a.example"]) == []  # they are one already


def test_forms_of_an_actor() -> None:
    catalog = Catalog()
    [one] = merge(catalog, "https://M.example/|a", ['{"mbox": "mailto:Ada@a.example"}'])
    assert one == Alias(id=MAIL, of=A)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "is not an actor"),
        ("person:8", "there is no person:8 on a roster"),
        (f"account:https://h.example|not-trackable-{'0' * 8}-0000-4000-8000-{'0' * 12}", "and no person"),
    ],
)
def test_what_nobody_can_be_merged_with(text: str, why: str) -> None:
    with pytest.raises(MergeRefused, match=why):
        merge(said(Catalog(), ADA), A, [text])


def test_a_split_is_as_if_never_merged() -> None:
    catalog = said(Catalog(), ADA)
    before = {key: catalog.people.person(key) for key in (A, B, MAIL)}
    said(catalog, *merge(catalog, "person:7", [A]))
    said(catalog, *split(catalog, A))
    assert {key: catalog.people.person(key) for key in (A, B, MAIL)} == before
    assert not catalog.aliases


def test_a_split_of_what_a_roster_says_holds_when_it_is_imported_again() -> None:
    catalog = said(Catalog(), ADA)
    said(catalog, *split(catalog, "ada@a.example"), ADA)
    assert catalog.people.person(MAIL) == MAIL


def test_whom_others_were_merged_into_leaves_them_together() -> None:
    catalog = Catalog()
    said(catalog, *merge(catalog, A, [B, C, D]))
    said(catalog, *split(catalog, A))
    people = catalog.people
    assert people.person(A) == A
    assert len({people.person(key) for key in (B, C, D)}) == 1


def test_who_is_no_part_of_anybody_cannot_be_split_off() -> None:
    with pytest.raises(MergeRefused, match="is not a part of another person"):
        split(Catalog(), A)


@given(st.lists(st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D, ""])), max_size=12))
def test_everybody_is_one_person_whatever_was_written(links: list[tuple[str, str]]) -> None:
    people = catalog_of(Alias(id=one, of=other) for one, other in links).people
    for key in (A, B, C, D):
        person = people.person(key)
        assert people.person(person) == person
        assert key in people.identities(person)
        assert people.identities(key) == () or person == key
    assert sorted(one for key in {people.person(key) for key in (A, B, C, D)} for one in people.identities(key)) == [
        *(A, B, C, D)
    ]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D])), max_size=12))
def test_merges_and_splits_by_command_never_make_a_circle(words: list[tuple[bool, str, str]]) -> None:
    catalog = Catalog()
    for merging, one, other in words:
        try:
            changes = merge(catalog, one, [other]) if merging else split(catalog, one)
        except MergeRefused:
            continue
        check_changes(changes, catalog)
        said(catalog, *changes)
        if merging:
            assert catalog.people.person(one) == catalog.people.person(other)
        else:
            assert catalog.people.person(one) == one or catalog.people.identities(one) == ()


def test_a_circle_is_refused_with_its_way() -> None:
    catalog = said(Catalog(), Alias(id=B, of=A))
    with pytest.raises(Invalid) as refused:
        check_changes([Alias(id=C, of=B), Alias(id=A, of=C)], catalog)
    assert (refused.value.field, refused.value.reason) == ("1.of", f"leads back to itself: {A} → {C} → {B} → {A}")
    with pytest.raises(Invalid, match="there is no person 9"):
        check_changes([Alias(id=A, of="person:9")], catalog)


def test_overrulings_follow_the_person() -> None:
    catalog = Catalog()
    for key, decision in ((A, Decision.HELP), (B, Decision.ADVANCE)):
        said(catalog, Overrule(learner=key, skill="s", decision=decision, reason="r", by="t"))
    said(catalog, *merge(catalog, A, [B]))
    assert {key: word.change.decision for key, word in catalog.overrulings.items()} == {(A, "s"): Decision.ADVANCE}
    said(catalog, Overrule(learner=A, skill="s", decision=None, reason="r", by="t"))
    assert catalog.overrulings == {}
    said(catalog, *split(catalog, B))
    assert {key: word.change.decision for key, word in catalog.overrulings.items()} == {(B, "s"): Decision.ADVANCE}


def test_suggestions() -> None:
    browser = "account:https://h.example|3f1b5a0c-5b2e-4d5a-9d55-0d3a7b1c2d3e"
    bare = f"mbox_sha1sum:{sha1('cy@a.example')}"
    members = [Member(learner=A, name="Ben  Bee"), Member(learner=B, name="ben bee"), Member(learner=C, name="Di")]
    catalog = said(Catalog(), Class(id="7b", name="7b", learners=members))
    seen = [
        *(SeenIdentity(A, A, "Ben Bee"), SeenIdentity(D, D, "DI"), SeenIdentity(browser, browser, "Di")),
        *(
            SeenIdentity(identity("mbox:mailto:cy@a.example"), "mbox:mailto:Cy@a.example", ""),
            SeenIdentity(bare, bare, ""),
        ),
    ]
    found = suggest(catalog, seen)
    cy = identity("mbox:mailto:cy@a.example")
    assert {frozenset((one.into, one.other)): one.reason for one in found} == {
        frozenset((A, B)): "the same name in 7b",
        frozenset((C, D)): "the same name, which nobody else in a class has",
        frozenset((cy, bare)): "the same mailbox",
    }
    said(catalog, *merge(catalog, C, [D]))
    assert len(suggest(catalog, seen)) == 2
    assert Suggestion(A, B, "Ben  Bee", "ben bee", "the same name in 7b") in found
