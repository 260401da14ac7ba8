"""Policy: what a product's user or administrator configures, where the profile is what the product does."""

from __future__ import annotations

from dataclasses import dataclass

from outlookimap.errors import PolicyError
from outlookimap.profiles.profile import Profile

ENCRYPTIONS = ("tls", "starttls", "none")
DATES = ("internaldate", "header")
LOGOUTS = ("wait", "drop")


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of one account.

    * `mechanisms`: SASL mechanisms that may be used; None allows all the profile knows (O5:V0034).
    * `login`: whether the LOGIN command may be used (O5:V0034).
    * `encryption`: ``"tls"``, ``"starttls"`` or ``"none"``; None leaves it to the URL, which never means ``"none"``.
      The documented product does not insist on encryption; that is what ``"none"`` is for (O5:V0031).
    * `root_folder`: the root folder path, which goes before the pattern of folder lists (O5:V0022).
    * `show_all_folders`: all folders, or the subscribed ones (O5:V0041).
    * `date_from`: ``"internaldate"`` or ``"header"``, where the date of a message comes from (O5:V0006).
    * `logout`: ``"wait"`` for the answer to LOGOUT, or ``"drop"`` the connection at once (O5:2.1.2).
    * `keepalive`: seconds between two commands of ours, 600 at most (O5:V0025).
    * `poll`: seconds between two NOOPs where the server has no IDLE (O5:V0028).
    * `sweep`: seconds between two looks at all flags of a folder that is watched: servers do not announce everything.
    * `reconnect_longest`: the longest pause, in seconds, before a connection that was lost is made anew; 0 is never.
    * `status_in_bulk`: whether STATUS asks all folders for their unread messages, one after the other (O5:V0044).
    * `connections`: 2, one of them for what happens in the background (O5:V0044), or 1 for all.
    * `rematch`: where UIDs did not persist, bodies of messages that are recognised are kept instead of fetched again;
      the documented product begins from nothing (O5:V0003).
    * `command_octets`: the longest command, in octets; None leaves it to the profile.

    Raises PolicyError for a value that is none of these.

    Statements: O5:V0034, O5:V0031, O5:V0022, O5:V0041, O5:V0006, O5:2.1.2, O5:V0044
    """

    mechanisms: tuple[str, ...] | None = None
    login: bool = True
    encryption: str | None = None
    root_folder: str = ""
    show_all_folders: bool = True
    date_from: str = "internaldate"
    logout: str = "wait"
    keepalive: float = 600.0
    poll: float = 60.0
    sweep: float = 1800.0
    reconnect_longest: float = 300.0
    status_in_bulk: bool = False
    connections: int = 2
    rematch: bool = False
    command_octets: int | None = None

    def __post_init__(self) -> None:
        self._one_of("encryption", self.encryption, (*ENCRYPTIONS, None))
        self._one_of("date_from", self.date_from, DATES)
        self._one_of("logout", self.logout, LOGOUTS)
        if not self.keepalive > 0 or not self.poll > 0 or not self.sweep > 0:
            raise PolicyError(
                f"keepalive={self.keepalive}, poll={self.poll}, sweep={self.sweep}: an interval is more than 0 seconds"
            )
        if not self.reconnect_longest >= 0:
            raise PolicyError(f"reconnect_longest={self.reconnect_longest}: seconds, or 0 for never")
        if self.connections not in (1, 2):
            raise PolicyError(f"connections={self.connections}: there are 1 or 2")
        if self.command_octets is not None and self.command_octets < 200:
            raise PolicyError(f"command_octets={self.command_octets}: commands need at least 200 octets")

    @staticmethod
    def _one_of(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
        if value not in allowed:
            choices = ", ".join(repr(choice) for choice in allowed)
            raise PolicyError(f"{name}={value!r} is none of {choices}")

    def check(self, profile: Profile) -> None:
        """Raise PolicyError where the product of `profile` cannot be configured so.

        Statements: O5:V0025, O5:V0028
        """
        longest = profile.number("keepalive.longest")
        if self.keepalive > longest:
            raise PolicyError(
                f"keepalive={self.keepalive}: {profile.name} lets no more than {longest} seconds pass",
                statements=profile.cites("keepalive.longest"),
            )
        if self.logout == "drop" and not profile.flag("logout.may_drop"):
            raise PolicyError(f"logout='drop': {profile.name} waits", statements=profile.cites("logout.may_drop"))
        known = profile.words("auth.mechanisms")
        for mechanism in self.mechanisms or ():
            if mechanism.upper() not in known:
                raise PolicyError(
                    f"mechanisms: {profile.name} does not know {mechanism}, only {', '.join(known)}",
                    statements=profile.cites("auth.mechanisms"),
                )

    def octets(self, profile: Profile) -> int:
        """Return the longest command, in octets."""
        longest = profile.number("command.octets")
        return longest if self.command_octets is None else min(longest, self.command_octets)
