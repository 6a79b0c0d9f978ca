"""The commands of `argo-proxy`, each loaded when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from argo_addon import __version__

from .published_line import as_ours

# Command, the module in shell.commands that has it, what the list of commands says of it.
COMMANDS: dict[str, tuple[str, str]] = {
    "start": ("start", "Start the gateway in the background."),
    "stop": ("stop", "Stop it; running answers still end."),
    "restart": ("restart", "Stop it and start it anew at the same address."),
    "status": ("status", "Tell whether it runs, and how it is."),
    "env": ("env", "Print what sets a coding tool up in your shell."),
    "token": ("token", "Print the key that tools need, or make another."),
    "run": ("run", "Run a coding tool through the gateway."),
    "doctor": ("doctor", "Find out what is wrong, and what to do about it."),
    "serve": ("serve", "Run the gateway in the foreground until Ctrl-C."),
    "dump": ("dump", "Record every exchange, or no longer."),
    "flows": ("flows", "List, explain, export what was recorded."),
    "usage": ("usage", "Sum up recorded calls: tokens, time, failures."),
    "ledger": ("ledger", "Sum up all calls by user, day, model, tool."),
    "web": ("web", "Show recorded calls in the browser, in mitmweb."),
    "mitmproxy": ("mitmproxy", "Start stock mitmproxy with the gateway or its views."),
    "replay": ("replay", "Send a recorded request again."),
    "logs": ("logs", "Show its log, or pack what a bug report needs."),
    "config": ("config", "Make, check, show, change the configuration."),
    "models": ("models", "List the models."),
    "update": ("update", "See whether there is a newer version; install it."),
    "service": ("service", "Start it with your session: systemd, launchd."),
    "help": ("help", "Show what a command does, and its options."),
    "completion": ("completion", "Print what completes these commands in a shell."),
}


class Lazy(click.Group):
    """A group that loads a command's module when the command is named."""

    def __init__(self, *args: object, commands_of: dict[str, tuple[str, str]], package: str, **others: object) -> None:
        super().__init__(*args, **others)  # type: ignore[arg-type]
        self._commands_of = commands_of
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order in which they are needed."""
        return list(self._commands_of)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of this name."""
        if name not in self._commands_of:
            return None
        found = importlib.import_module(f"{self._package}.{self._commands_of[name][0]}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, of which none is loaded for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self._commands_of.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the command that was perhaps meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # not at the top: hardly ever needed

            close = difflib.get_close_matches(args[0], self._commands_of, n=1)
            if close and args[0] not in self._commands_of:
                raise click.UsageError(f"{error.message} Did you mean `{ctx.command_path} {close[0]}`?", ctx) from error
            raise


SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.command(
    cls=Lazy,
    commands_of=COMMANDS,
    package="shell.commands",
    context_settings=SETTINGS,
    epilog="Each command has its own --help, with examples. First steps: `argo-proxy config init`, `argo-proxy start`, "
    "`argo-proxy status`; or `argo-proxy start --demo`, which needs neither configuration nor network.",
)
@click.version_option(__version__, "-V", "--version", prog_name="argo-proxy", message="%(prog)s %(version)s")
def cli() -> None:
    """A local gateway between coding tools and ARGO.

    One process that serves OpenAI's, Anthropic's and Google's APIs and passes each call to the ARGO endpoint that suits
    its model.
    """


def main(arguments: list[str]) -> None:
    """Carries a line out and ends the program."""
    try:
        words = as_ours(arguments, COMMANDS)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    cli.main(words, prog_name="argo-proxy")
