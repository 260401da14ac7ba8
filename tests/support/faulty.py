"""Connections whose server does wrong on purpose."""

from __future__ import annotations

from dataclasses import replace

from outlookimap.server.fault import Fault
from outlookimap.server.faults import Faults
from support.talk import Talk, service


def faulty(*faults: Fault | str) -> Talk:
    """Return a connection whose server has these faults."""
    return Talk(replace(service(), faults=Faults(faults)))


def exchange(talk: Talk, said: bytes, heard: bytes) -> None:
    """Say something and demand exactly this, and nothing more when the server has taken all."""
    talk.say(said)
    talk.hear(heard)
    talk.taken()
