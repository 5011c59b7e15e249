"""The settings of a command, read from its help.

As a program, it prints the table of docs/server.md.
"""

import re
import subprocess

from command import ENHANCER


def table(command):
    """A table in Markdown: the flag, the variable of the environment, the default."""
    help = subprocess.run([ENHANCER, command, "--help"], check=True, capture_output=True, text=True, env={}).stdout
    rows = ["| Flag | Environment | Default |", "|---|---|---|"]
    # An option begins with its flag and ends where the next one begins, or a heading.
    for option in re.findall(r"^ +(--\S+.*?)(?=^ +--|^ +-h|^\S|\Z)", help, re.MULTILINE | re.DOTALL):
        flag, text = option.split("\n", 1) if "\n" in option else re.split(r"  +", option, maxsplit=1)
        text = " ".join(text.split())
        flag = " ".join(flag.split())
        variable = re.search(r"\[env: (\w+)", text)
        default = re.search(r"\[default: (.*?)\](?= \[|$)", text)
        cells = [f"`{flag}`", f"`{variable[1]}`" if variable else "", default[1] if default else ""]
        cells = [cell.replace("<", "").replace(">", "").replace("|", "\\|") for cell in cells]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table("serve"))
