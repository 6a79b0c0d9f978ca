"""What ARGO and the vendors behind it refuse. Knows request bodies, and nothing of HTTP or of answers."""
