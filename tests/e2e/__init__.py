"""From outside: the installed `argo-proxy` as a process, judged by the official SDKs and real coding tools.

Nothing here may import the project. It runs in the judges' environment (`make e2e`), not in the project's own.
"""
