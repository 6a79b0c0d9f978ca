"""The running process: the server that carries the addon."""
