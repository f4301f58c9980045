"""Completion of commands for shells, made from a parser: commands, then options of each. Nodes are not asked for."""

import argparse

BASH = """_{word}() {{
    local words="{commands} {general}" cur="${{COMP_WORDS[COMP_CWORD]}}" place
    for ((place = 1; place < COMP_CWORD; place++)); do
        case "${{COMP_WORDS[place]}}" in
{cases}
            *) continue;;
        esac
        break
    done
    case "${{COMP_WORDS[COMP_CWORD-1]}}" in
{values}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -F _{word} {program}
"""
FISH_COMMAND = "complete -c {program} -f -n __fish_use_subcommand -a {name} -d '{says}'\n"
FISH_OPTION = "complete -c {program} -n '__fish_seen_subcommand_from {name}' -l {option}\n"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser."""
    found = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


def options(parser: argparse.ArgumentParser) -> list[str]:
    """Return the long options of a command."""
    return sorted(text for action in parser._actions for text in action.option_strings if text.startswith("--"))


def bash(parser: argparse.ArgumentParser) -> str:
    """Return a script for bash."""
    known = commands(parser)
    cases = "\n".join(f'            {name}) words="{" ".join([*options(below), *_choices(below)])}";;'
                      for name, below in known.items())
    every = {text: action for one in (parser, *known.values()) for action in one._actions
             for text in action.option_strings if action.nargs != 0}
    # what only a person knows is left open
    values = "\n".join(f'        {text}) words="{" ".join(map(str, action.choices or ()))}";;'
                       for text, action in sorted(every.items()))
    return BASH.format(word=parser.prog.replace("-", "_"), program=parser.prog, commands=" ".join(known),
                       general=" ".join(options(parser)), cases=cases, values=values)


def zsh(parser: argparse.ArgumentParser) -> str:
    """Return a script for zsh, which runs bash's."""
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash(parser)}"


def fish(parser: argparse.ArgumentParser) -> str:
    """Return a script for fish."""
    text = ""
    for name, below in commands(parser).items():
        says = (below.description or "").partition("\n")[0].replace("'", "")
        text += FISH_COMMAND.format(program=parser.prog, name=name, says=says)
        text += "".join(FISH_OPTION.format(program=parser.prog, name=name, option=option.removeprefix("--"))
                        for option in options(below))
    return text


def _choices(parser: argparse.ArgumentParser) -> list[str]:
    """Return the words that a command's argument may be."""
    return [str(word) for action in parser._actions if not action.option_strings and action.choices
            for word in action.choices]


SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}
