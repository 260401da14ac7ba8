"""The embedded server: what a connection is answered, a mail store behind it, and the ports it listens on.

What it says and lists is data (`behaviour.Behaviour`), each group of commands one file, and the store an interface.
"""
