"""What has happened, one module a service and one union a topic."""
