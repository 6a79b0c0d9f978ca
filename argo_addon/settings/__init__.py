"""The configuration: its model, its file, the checks of its values, and which HTTP proxy leads to ARGO."""
