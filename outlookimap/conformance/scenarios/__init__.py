"""What is asked of a server, by theme: each theme a file of metadata (`*.toml`) and a module of the same name.

A module holds the steps of its scenarios: what the product does, and what has to come of it.
"""
