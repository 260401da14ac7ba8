"""Octets to typed values and back, in both directions, for both ends of an IMAP connection.

No state beyond an unfinished frame, no I/O, no clock, no product: RFC 3501's grammar (and the extensions the two
products know) as values, strict when writing, tolerant and outspoken when reading.
"""
