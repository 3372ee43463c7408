"""How notify does what it is asked."""
