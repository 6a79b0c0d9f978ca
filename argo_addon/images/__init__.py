"""The images of requests: found in a body, fetched from the web, made smaller."""
