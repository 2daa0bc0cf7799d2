"""Help and usage errors in French: typer's own texts are English and are not translatable."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup


class FrenchCommand(TyperCommand):
    """A command whose help is French."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (typer vendors click)
        """Write « Usage : … »."""
        _usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write « Arguments » and « Options »."""
        _parameters(self, ctx, formatter)


class FrenchGroup(TyperGroup):
    """The program itself, whose help is French."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write « Usage : … »."""
        _usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write « Options », then « Commandes »."""
        _parameters(self, ctx, formatter)
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commandes\u00a0"):
            formatter.write_dl([(name, c.get_short_help_str(200)) for name, c in commands])


def _usage(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
    pieces = [piece.strip("{}") for piece in command.collect_usage_pieces(ctx)]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Usage : ")


def _parameters(command: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
    for title, kind in (("Arguments\u00a0", "argument"), ("Options\u00a0", "option")):
        records = [
            (names.partition(" <")[0], _french(names, text))
            for param in command.get_params(ctx)
            if param.param_type_name == kind
            for names, text in [param.get_help_record(ctx) or ("", "")]
            if names
        ]
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def _french(names: str, text: str) -> str:
    if "--help" in names:
        return "Afficher cette aide."
    return text.replace("[required]", "(obligatoire)")


def explain(error: Any) -> str:  # noqa: ANN401 (a usage error of typer's own click)
    """Say a usage error in French, with the remedy."""
    kind = type(error).__name__
    command = error.ctx.command_path if getattr(error, "ctx", None) else "cartoallier"
    message = str(error.message)
    if kind == "NoSuchOption":
        near = ", ".join(sorted(error.possibilities or ()))
        text = f"option inconnue : {error.option_name}" + (f" ; essayez {near}" if near else "")
    elif kind == "BadOptionUsage":
        wants = "ne prend pas de valeur" if "does not take" in message else "attend une valeur"
        text = f"l’option {error.option_name} {wants}"
    elif kind == "MissingParameter":
        missing = error.param
        option = missing.opts[0] if missing.param_type_name == "option" else missing.metavar
        text = f"il manque {option or missing.name}"
    elif message.startswith("No such command"):
        text = f"commande inconnue : {message.split(chr(39))[1]}" + _suggestion(message)
    elif message == "Missing command.":
        text = "il manque une commande"
    elif "unexpected extra argument" in message:
        text = f"argument en trop : {message.partition('(s) (')[2].rstrip(')')}"
    elif kind == "BadParameter":
        text = message
    else:
        text = "ces arguments ne conviennent pas"
    return f"{text} ; voyez « {command} --help »"


def _suggestion(message: str) -> str:
    near = message.partition("Did you mean ")[2].rstrip("?").replace("'", "")
    return f" ; vouliez-vous {near} ?" if near else ""
