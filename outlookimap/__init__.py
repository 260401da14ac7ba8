"""Microsoft Outlook's IMAP client as a library, with an embedded Exchange at the other end of the wire.

Nothing is imported here but the version: each layer is imported by its own name, so that a script that only
reads traffic does not pay for sign-in, and a bare ``import outlookimap`` pulls in no dependency.
"""

__version__ = "0.1.0"
