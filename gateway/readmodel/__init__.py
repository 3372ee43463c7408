"""The gateway's own model, projected from the topics; every read takes a scope."""
