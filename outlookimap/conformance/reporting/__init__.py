"""Reports of a check on paper: JUnit XML for CI (`junit`), one self-contained page for people (`html`).

Both need packages that only the extra `report` brings; each is imported when a report is made, and not before.
"""
