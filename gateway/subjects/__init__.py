"""One module a subject: type, query and mutation together."""
