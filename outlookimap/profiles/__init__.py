"""How each product behaves, as data with evidence; what its user configures; and what it never sends."""

from outlookimap.profiles.exercised import exercised
from outlookimap.profiles.permits import Breach, Context, permits
from outlookimap.profiles.policy import Policy
from outlookimap.profiles.profile import Alternative, Evidence, Profile, load, names, order, products, versions

__all__ = [
    "Alternative",
    "Breach",
    "Context",
    "Evidence",
    "Policy",
    "Profile",
    "exercised",
    "load",
    "names",
    "order",
    "permits",
    "products",
    "versions",
]
