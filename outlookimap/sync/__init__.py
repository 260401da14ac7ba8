"""Brings the local copy and the server together: plans, visits, Send/Receive, and the changes made here."""
