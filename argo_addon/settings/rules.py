"""What each key of the configuration takes: its check, and how it is told to whoever wrote something else.

It knows no file and no environment; docs/reference/config.md says what the keys are for.
"""

from __future__ import annotations

import msgspec

from . import checks
from .checks import Check

DEV_URL = "https://apps-dev.inside.anl.gov/argoapi"


class Rule(msgspec.Struct, frozen=True):
    """What a key takes. `check` gives the value for Settings or raises ValueError with the reason, if there is more."""

    check: Check
    expected: str
    example: str


_SWITCH = "true or false"
_MEGABYTES = "a number of megabytes above 0"
_SECONDS = "a number of seconds above 0"

RULES: dict[str, Rule] = {
    "config_version": Rule(checks.version, '"3", the only version that is read', '"3"'),
    "user": Rule(checks.user, "your ANL username, one word", "jdoe"),
    "username_passthrough": Rule(checks.switch, _SWITCH, "false"),
    "host": Rule(checks.host, "the address to listen on", "127.0.0.1"),
    "port": Rule(checks.port, "a whole number 1..65535 (or 0: any free port)", "44497"),
    "socket": Rule(checks.optional(checks.path), "the path of a Unix socket", "~/.local/state/argoproxy/socket"),
    "client_auth": Rule(
        checks.optional(checks.one_of("open", "username", "token")), "open, username or token", "token"
    ),
    "allowed_hosts": Rule(checks.hosts, "a list of names by which the gateway is called", "[argo.example.org]"),
    "allowed_origins": Rule(checks.origins, "a list of origins of pages", "['http://localhost:3000']"),
    "verbose": Rule(checks.switch, _SWITCH, "true"),
    "argo_base_url": Rule(checks.base_url, "an http or https URL, or demo for the simulator", DEV_URL),
    "native_openai_base_url": Rule(checks.optional(checks.url), "an http or https URL", f"{DEV_URL}/v1"),
    "native_anthropic_base_url": Rule(checks.optional(checks.url), "an http or https URL", DEV_URL),
    "anthropic_stream_mode": Rule(
        checks.one_of("force", "retry", "passthrough"), "force, retry or passthrough", "force"
    ),
    "force_conversion": Rule(checks.switch, _SWITCH, "false"),
    "use_legacy_argo": Rule(checks.switch, _SWITCH, "false"),
    "skip_url_validation": Rule(checks.switch, _SWITCH, "false"),
    "connection_test_timeout": Rule(checks.number(0, open_end=True), _SECONDS, "5"),
    "resolve_overrides": Rule(
        checks.addresses, "lines of host:port: IP address", "{'apps.inside.anl.gov:443': '10.0.0.1'}"
    ),
    "ssl_ca_file": Rule(
        checks.optional(checks.certificates), "the path of a PEM file", "/etc/ssl/certs/laboratory.pem"
    ),
    "log_format": Rule(checks.one_of("text", "json"), "text or json", "json"),
    "max_log_history": Rule(checks.whole(0), "a whole number, 0 or more", "3"),
    "enable_payload_control": Rule(checks.switch, _SWITCH, "false"),
    "max_payload_size": Rule(checks.number(0, open_end=True), _MEGABYTES, "20"),
    "image_timeout": Rule(checks.number(0, open_end=True), _SECONDS, "30"),
    "concurrent_downloads": Rule(checks.whole(1), "a whole number, 1 or more", "10"),
    "upstream_retries": Rule(checks.whole(0, 10), "a whole number 0..10", "2"),
    "fallback_models": Rule(
        checks.fallbacks,
        "names of models, each with the model, or a list of models, that is asked where it is overloaded",
        "{claude-opus-4.6: [claude-sonnet-4.6, gpt-5.4]}",
    ),
    "default_chat_model": Rule(checks.optional(checks.text), "the name of a model", "argo:gpt-5.4-nano"),
    "default_embed_model": Rule(
        checks.optional(checks.text), "the name of an embedding model", "text-embedding-3-small"
    ),
    "model_refresh_interval_hours": Rule(checks.number(0), "a number of hours (0: never)", "24"),
    "dump_requests": Rule(checks.switch, _SWITCH, "false"),
    "dump_dir": Rule(checks.optional(checks.folder), "the path of a folder", "~/argo-recordings"),
    "record_failures": Rule(checks.switch, _SWITCH, "true"),
    "usage_ledger": Rule(checks.ledger, f"{_SWITCH}, or a redis:// or postgresql:// URL", "false"),
    "otlp_endpoint": Rule(checks.optional(checks.url), "an http or https URL", "http://localhost:4318"),
    "limits": Rule(
        checks.counts("requests_per_minute", "tokens_per_day", "streams_at_once"),
        "requests_per_minute, tokens_per_day or streams_at_once, each with a whole number above 0",
        "{requests_per_minute: 60, tokens_per_day: 5000000, streams_at_once: 4}",
    ),
    "limits_store": Rule(
        checks.optional(checks.redis), "a redis:// or rediss:// URL", "redis://redis.example.org:6379/0"
    ),
    "max_body_size": Rule(checks.number(0, open_end=True), _MEGABYTES, "100"),
    "max_decompressed_size": Rule(checks.number(0, open_end=True), _MEGABYTES, "100"),
    "max_head_size": Rule(checks.number(0.001), "a number of megabytes, 0.001 or more", "1"),
    "max_messages": Rule(checks.whole(1), "a whole number, 1 or more", "50000"),
    "max_tools": Rule(checks.whole(1), "a whole number, 1 or more", "10000"),
    "max_depth": Rule(checks.whole(0), "a whole number (0: no more than can be read)", "200"),
    "responses_key_file": Rule(checks.optional(checks.new_file), "the path of a file", "~/argo-responses.key"),
    "responses_store": Rule(
        checks.optional(checks.store),
        "off, the path of a file, or a redis:// or postgresql:// URL",
        "~/argo-responses.sqlite",
    ),
    "responses_store_days": Rule(checks.number(0, open_end=True), "a number of days above 0", "30"),
    "responses_store_size": Rule(checks.number(0, open_end=True), _MEGABYTES, "1000"),
}
"""Every key that a file may have."""
