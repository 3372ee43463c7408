"""How escalation does what it is asked, by subject."""
