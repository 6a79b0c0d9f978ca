"""Requests and answers as a person reads them: what mitmweb shows of a body. It knows neither mitmproxy nor models."""
