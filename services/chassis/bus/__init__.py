"""The bus: one port, two adapters."""
