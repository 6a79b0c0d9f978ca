"""One file for each command of `argo-proxy`."""
