"""How much is measured: as the targets are defined, or little, to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of messages, unless it says otherwise.

    Bodies are read `body_readings` times in a row: once is over too soon to be measured well. `mailbox` is what real
    servers hold; of it `recorded_bodies` are fetched whole. Recorded answers are fetched as often as it takes to come
    to about as many readings as of generated ones.
    """

    headers: int = 50_000
    bodies: int = 5_000
    body_readings: int = 5
    flags: int = 200_000
    mailbox: int = 10_000
    recorded_bodies: int = 5_000
    resync: int = 200_000
    load_seconds: float = 60.0
    load_workers: int = 200
    load_idle: int = 1000
    load_messages: int = 10_000
    delays: int = 20

    def with_mailbox(self, count: int) -> Sizes:
        """Return the same with another number of messages on real servers."""
        return replace(self, mailbox=count, recorded_bodies=min(count, self.recorded_bodies))


FULL = Sizes()
SMALL = Sizes(
    headers=400, bodies=60, body_readings=1, flags=3000, mailbox=200, recorded_bodies=60, resync=3000,
    load_seconds=0.5, load_workers=6, load_idle=12, load_messages=200, delays=2,
)  # fmt: skip
