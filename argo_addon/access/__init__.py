"""Who may come in: hosts, origins of pages, keys. It knows heads of requests, and nothing of what they ask for."""
