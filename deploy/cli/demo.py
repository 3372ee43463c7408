def demo() -> None:
    """Play a story."""
