"""Sockets, TLS and clocks, and an in-memory pair: octets in, octets out, nothing of IMAP.

The only layer that may import socket, ssl, select and time. Knows only `errors` and `wire.secret`.
"""
