"""One IMAP connection as a state machine, for either end, sans I/O: octets and time in, events and octets out."""
