"""Calls and visits: showing the number or address is the send."""

import pytest

from collections_app.channels.base import ChannelError
from collections_app.channels.phone import Phone
from collections_app.channels.visit import Visit


@pytest.mark.parametrize("adapter", [Phone(), Visit()])
def test_the_number_or_address_is_shown_and_stays_out_of_the_repr(adapter, envelope, at):
    sent = envelope(adapter.channel)
    receipt = adapter.send(sent, at=at)
    assert (receipt.reference, receipt.accepted_at, receipt.revealed) == ("revealed", at, sent.to)
    assert sent.to not in repr(receipt)


@pytest.mark.parametrize(("adapter", "to"), [(Phone(), ""), (Phone(), "unknown"), (Visit(), " \n")])
def test_without_number_or_address_there_is_nothing_to_show(adapter, to, envelope, at):
    with pytest.raises(ChannelError) as refused:
        adapter.send(envelope(adapter.channel, to=to), at=at)
    assert refused.value.code == "bad_address"
    assert refused.value.permanent


@pytest.mark.parametrize("adapter", [Phone(), Visit()])
def test_a_call_or_a_visit_may_come_without_words(adapter, envelope, at):
    sent = envelope(adapter.channel, text="", text_sha256="")
    assert adapter.send(sent, at=at).revealed == sent.to
