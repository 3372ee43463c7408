"""What deliberation does when it is asked, one module a subject."""
