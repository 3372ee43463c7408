"""How intake does what it is asked, by subject."""
