"""What may be asked of each service, one module a service."""
