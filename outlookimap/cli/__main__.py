"""`python -m outlookimap.cli` is the command `outlookimap`."""

from outlookimap.cli import main

main()
