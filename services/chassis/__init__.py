"""What every service stands on. Knows no cases and no people."""
