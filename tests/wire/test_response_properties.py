"""Properties of the reader and writer of responses: round trips, chunking, garbage."""

from __future__ import annotations

from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import response_strategies as strategies

from outlookimap.errors import LimitExceeded, RemoteProtocolError
from outlookimap.wire.building import Style
from outlookimap.wire.leniency import Leniency
from outlookimap.wire.limits import Limits
from outlookimap.wire.response_reader import ResponseReader
from outlookimap.wire.response_writer import write_response
from outlookimap.wire.responses import RESPONSES, FetchData, Response
from outlookimap.wire.secret import join
from outlookimap.wire.structure import Multipart, Part, is_extended

SMALL = Limits(line=400, literal=300, nesting=6, elements=60)

Read: TypeAlias = tuple[Response, tuple[Leniency, ...]]


def read_all(chunks: list[bytes], limits: Limits, *, keep_extensions: bool = True) -> tuple[list[Read], str]:
    """Return every value with its leniencies, and how the stream ended."""
    reader = ResponseReader(limits, keep_extensions=keep_extensions)
    read: list[Read] = []
    for chunk in chunks:
        if reader.broken is not None:
            break
        read += [(response, response.leniencies) for response in reader.feed(chunk)]
    if reader.broken is None:
        return read, f"open, {reader.buffered} octets wait"
    with pytest.raises(RemoteProtocolError) as caught:
        reader.feed(b"")
    assert caught.value is reader.broken
    return read, f"{type(reader.broken).__name__} {reader.broken}"


def test_every_response_has_a_strategy() -> None:
    assert set(strategies.RESPONSE_STRATEGIES) == set(RESPONSES)


@pytest.mark.cites("O5:2.1.3", "O5:2.1.4", "O5:V0012")
@pytest.mark.parametrize("kind", RESPONSES, ids=lambda kind: kind.__name__)
def test_value_to_octets_to_value(kind: type[Response]) -> None:
    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(strategies.RESPONSE_STRATEGIES[kind], strategies.styles)
    def round_trip(response: Response, style: Style) -> None:
        pieces = write_response(response, style)
        assert not any(secret for _, secret in pieces)
        reader = ResponseReader(Limits())
        read = reader.feed(join(pieces))
        assert reader.broken is None
        assert read == [response]
        assert [value.leniencies for value in read] == [()]
        assert reader.buffered == 0

    round_trip()


streams = st.lists(
    st.one_of(
        st.builds(
            lambda response, style: join(write_response(response, style)), strategies.any_response, strategies.styles
        ),
        strategies.loose_lines,
        strategies.garbage,
    ),
    max_size=5,
).map(b"".join)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(st.data(), streams, st.sampled_from([Limits(), SMALL]), st.booleans())
def test_chunking_changes_nothing(data: st.DataObject, stream: bytes, limits: Limits, keep: bool) -> None:
    chunks = data.draw(strategies.cut(stream))
    assert read_all(chunks, limits, keep_extensions=keep) == read_all([stream], limits, keep_extensions=keep)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=400)
@given(st.one_of(strategies.garbage, strategies.mutated(streams)), st.sampled_from([Limits(), SMALL]), st.booleans())
def test_garbage_gives_values_or_the_remote_error(stream: bytes, limits: Limits, keep: bool) -> None:
    read, end = read_all([stream], limits, keep_extensions=keep)
    assert {type(response) for response, _ in read} <= set(RESPONSES)
    assert end.startswith(("open", RemoteProtocolError.__name__, LimitExceeded.__name__))


@pytest.mark.cites("O5:2.1.5")
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strategies.body_structures)
def test_extension_data_are_dropped_whatever_they_are(response: FetchData) -> None:
    whole = response.get(b"BODYSTRUCTURE")
    (read,) = ResponseReader(Limits(), keep_extensions=False).feed(join(write_response(response)))
    assert isinstance(read, FetchData)
    base = read.get(b"BODYSTRUCTURE")
    assert isinstance(whole, Part | Multipart)
    assert isinstance(base, Part | Multipart)
    assert not is_extended(base)
    assert read.leniencies == ((Leniency.EXTENSION_DROPPED,) if is_extended(whole) else ())
