"""Faults as text: what is read, what is refused and in which words, and that writing it again reads the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlookimap.errors import UsageError
from outlookimap.protocol.states import State
from outlookimap.server.fault import At, Fault, When
from outlookimap.server.fault_actions import Close, Delay, Drop, Insert, Number, Replace, Skip, Split, Stall
from outlookimap.server.fault_library import LIBRARY, library_fault
from outlookimap.server.fault_spec import faults_of, spelled
from outlookimap.server.faults import Faults
from outlookimap.wire.responses import Condition

READ = (
    ("when=UID FETCH,nth=2;do=close", When("UID FETCH", nth=2), (Close(),)),
    ("do=stall", When(), (Stall(),)),
    (" when = NOOP , at = before ; do = delay , seconds = 1.5 ", When("NOOP", At.BEFORE), (Delay(1.5),)),
    (
        "when=*,state=selected,nth=2-5,since=IDLE,longer=10;do=split",
        When("*", At.ANSWER, State.SELECTED, (2, 5), "IDLE", 10),
        (Split(),),
    ),
    ("when=*,nth=2-;do=close,half", When(nth=(2, None)), (Close(half=True),)),
    ("at=greeting;do=close", None, ()),
    ('when=XLIST "" "";do=drop,on=^\\* X,most=1', When('XLIST "" ""'), (Drop(on=rb"^\* X", most=1),)),
    (r"when=NOOP;do=insert,text=* 5 EXISTS\r\n,after", When("NOOP"), (Insert(b"* 5 EXISTS\r\n", after=True),)),
    (r'when=NOOP;do=insert,text="a,b;c\"\x07\\n"', When("NOOP"), (Insert(b'a,b;c"\x07\\n'),)),
    (
        r"when=STORE;do=replace,pattern=(\d+)\r,by=\Seen \1\r;do=skip,condition=no,text=No.",
        When("STORE"),
        (Replace(rb"(\d+)\r", b"\\Seen \\1\r"), Skip(Condition.NO, b"No.")),
    ),
    ("when=é", None, ()),
    ("when=*;do=number,pattern=(1),times=-1,grows=no,plus=7", When(), (Number(b"(1)", times=-1, plus=7),)),
    ("when=A|B;do=close,abrupt=yes", When("A|B"), (Close(abrupt=True),)),
)  # fmt: skip


@pytest.mark.parametrize(("spec", "when", "do"), [row for row in READ if row[1]], ids=range(len(READ) - 2))
def test_specs(spec: str, when: When, do: tuple[object, ...]) -> None:
    [fault] = faults_of(spec)
    assert (fault.when, fault.do, fault.name) == (when, do, spec)


REFUSED = (
    ("", "'' is no fault of the library"),
    ("nonsense", "'nonsense' is no fault of the library, and not when=...;do=...; the library has alert"),
    ("bye;do=close", "'do=close': after a name of the library comes one section: when=..."),
    ("bye;", "a section between semicolons is empty"),
    ("when=NOOP", "it does nothing: add ;do=ACTION, one of replace, literal"),
    ("when=NOOP;do=explode", "do=explode: there is no such action, but replace, literal"),
    ("when=NOOP;do=close;when=STORE", "when=STORE: there is one `when`, and it comes first"),
    ("at=greeting;do=close", "at=greeting: a section begins with when= or do="),
    ("when=NOOP,often=2;do=close", "often=2: a when has no such key, but when, at, state, nth, since, longer"),
    ("when=NOOP,nth=two;do=close", "nth=two: this is not a number, as 2, or a range, as 2-5 or 2-"),
    ("when=NOOP,nth=0;do=close", "nth=0: occasions are counted from 1"),
    ("when=NOOP,nth=1,nth=2;do=close", "nth=2: nth is given twice"),
    ("when=NOOP,at=night;do=close", "at=night: choose from answer, before, after, greeting, go-ahead, idle"),
    ("when=NOOP,state=asleep;do=close", "state=asleep: choose from connected, not-authenticated, authentic"),
    ("when=NOOP;do=replace,by=x", "do=replace needs pattern="),
    ("when=NOOP;do=replace,pattern=(", "pattern=(: this is no regular expression"),
    ("when=NOOP;do=delay,seconds=long", "seconds=long: this is not a number"),
    ("when=NOOP;do=delay,seconds=1,patern=x", "do=delay,patern=x: the action has no such key, but seconds, on, most"),
    ("when=NOOP;do=close,half=maybe", "half=maybe: choose from yes, no"),
    ("when=NOOP;;do=close", "';do=close': this is not key=value"),
    ("when=NOOP;do=close;", "a section between semicolons is empty"),
    ("when=NOOP;do=close,=x", "'=x': this is not key=value"),
    ("when=é;do=close", "when=é: a pattern of commands has ASCII characters"),
    ("when=NOOP,at=after;do=drop", "do=drop, at=after: there is no response to act on"),
)  # fmt: skip


@pytest.mark.parametrize(("spec", "message"), REFUSED, ids=[spec or "empty" for spec, _ in REFUSED])
def test_refused_specs_name_the_culprit(spec: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Faults([spec])
    assert str(caught.value).startswith(f"fault {spec!r}: {message}")


def test_a_name_of_the_library_and_another_time() -> None:
    assert faults_of("bye") == LIBRARY["bye"].faults
    [fault] = faults_of("bye;when=SELECT,nth=2")
    assert fault == replace(LIBRARY["bye"].faults[0], when=When("SELECT", nth=2))
    assert [one.when.command for one in faults_of("unconvertible;when=*,nth=2")] == ["*", "*"]
    assert faults_of("idle-drop;when=IDLE,nth=3")[0].when == When("IDLE", At.IDLE, nth=3)
    assert library_fault("bye", When("NOOP"))[0].when == When("NOOP")
    with pytest.raises(UsageError, match="'by' is no fault of the library"):
        library_fault("by")


@pytest.mark.parametrize(
    "fault", [fault for entry in LIBRARY.values() for fault in entry.faults], ids=lambda fault: fault.name
)
def test_the_library_can_be_written_as_text(fault: Fault) -> None:
    [again] = faults_of(spelled(fault))
    assert again.when == fault.when
    # a quote after a backslash is written otherwise, and means the same
    assert str(again.actions).replace(r"\\x22", '"').replace('\\"', '"') == str(fault.actions).replace('\\"', '"')


TEXTS = st.binary(min_size=1, max_size=20) | st.text('\\"rntx41,; \r\x00', min_size=1, max_size=8).map(str.encode)
ACTIONS = st.one_of(
    st.builds(Insert, TEXTS, after=st.booleans(), most=st.none() | st.integers(1, 9)),
    st.builds(Delay, st.floats(0, 1000).map(lambda seconds: round(seconds, 2))),
    st.builds(Skip, st.sampled_from([Condition.OK, Condition.NO, Condition.BAD]), TEXTS),
    st.builds(Close, half=st.booleans()),
)


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.lists(ACTIONS, min_size=1, max_size=3)
)
def test_what_is_written_reads_the_same(command: str, actions: list[Insert | Delay | Skip | Close]) -> None:
    if '"' in command or "\\" in command:
        command = "NOOP"
    fault = Fault(When(command, nth=(2, None)), tuple(actions))
    [again] = faults_of(spelled(fault))
    assert (again.when, again.actions) == (fault.when, fault.actions)


@given(st.text())
def test_any_text_is_read_or_refused(spec: str) -> None:
    for prefix in ("", "when=", "when=NOOP;do=replace,", "bye;", "do=insert,text="):
        try:
            outcome: object = faults_of(prefix + spec)
        except UsageError as error:
            outcome = error
        assert isinstance(outcome, tuple) or str(outcome).startswith(f"fault {prefix + spec!r}: ")
