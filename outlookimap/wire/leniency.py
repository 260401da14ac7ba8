"""The name of every departure from the grammar that a reader tolerates (O5:2.1.3, O5:2.1.4).

A reader that accepts something RFC 3501 forbids says so with one of these names in the value it yields; recordings
and reports repeat it. What the grammar allows but surprises (items in any order, lower case) has no name here.
"""

from __future__ import annotations

import enum


class Leniency(enum.Enum):
    """A departure from RFC 3501 section 9 that was read all the same."""

    BARE_LF = "a line that ends in LF without CR"
    BARE_CR = "a CR that ends no line"
    BLANK_LINE = "an empty line where a response or the rest of one was due"
    EXTRA_SPACE = "more than one space where the grammar has one"
    MISSING_SPACE = "no space where the grammar has one"
    TAB = "a TAB where the grammar has a space"
    TAB_AFTER_COMMAND = "a TAB where the grammar has the space after the name of a command"
    TRAILING_SPACE = "spaces before the end of the line"
    NUL = "the octet NUL outside a literal"
    EIGHT_BIT = "an octet above 127 outside a literal"
    BARE_CONTINUATION = "a continuation request without its space and text"
    MISSING_TEXT = "a status response without text"
    MISSING_FIELD = "a list or response that ends before a field it must have"
    BARE_CODE = "a response code on a line of its own, without a status"
    MALFORMED_CODE = "a response code whose arguments do not follow its grammar"
    LITERAL_LEADING_ZERO = "a literal's octet count with leading zeros"
    LITERAL_PLUS = "a non-synchronizing literal from a server"
    REPEATED_ITEM = "the same data item twice in one FETCH response"
    INVALID_DATE = "a date-time that names no moment or breaks the fixed form"
    NUMBER_RANGE = "a number that does not fit in 32 bits, or zero where it is not allowed"
    LOOSE_NAME = "an unquoted mailbox name with characters that need quoting"
    LOOSE_DELIMITER = "a hierarchy delimiter that is not one quoted character"
    LOOSE_FLAG = "a flag, attribute or capability with characters an atom may not have"
    LOOSE_QUOTED = "a quoted string with an escape the grammar does not know"
    NIL_NAME = "NIL where a string is due"
    SPLIT_AUTH = "a space between AUTH= and the mechanism"
    LOOSE_BODY = "a body structure that departs from its grammar"
    EXTENSION_DROPPED = "extension data that were read to their end and dropped"
    EXPUNGED = "EXPUNGED where the grammar has EXPUNGE"
    UNPARENTHESIZED = "a list without its parentheses"
