#!/usr/bin/env python3
"""Makes docs/images/terminal.svg from what eng/demo.sh shows in a terminal: eng/picture.py STEP...

Needs tmux. The steps are the numbers that the demo prints; what stands between them is left out."""

import html
import os
import re
import subprocess
import sys
import time

COLUMNS, SESSION = 118, f"holdfast-picture-{os.getpid()}"
WIDTH, HEIGHT, LEFT, TOP = 8.43, 17, 22, 54
BACK, FORE = "#1b1e27", "#d5d9e3"
COLOURS = {30: "#1b1e27", 31: "#f2777a", 32: "#8fcf8f", 33: "#f0c674", 34: "#7fa7e0", 35: "#c397d8", 36: "#70c0b1", 37: FORE, 90: "#7d8496"}
GREY = "#7d8496"


def tmux(*arguments):
    """Runs tmux and returns what it prints."""
    return subprocess.run(["tmux", *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def capture():
    """The demo's lines with their colours, as a terminal shows them."""
    root = os.getcwd()
    tmux("new-session", "-d", "-s", SESSION, "-x", str(COLUMNS), "-y", "60", "-c", root, "env -u NO_COLOR eng/demo.sh; tmux wait-for -S " + SESSION + "; sleep 60")
    try:
        tmux("wait-for", SESSION)
        time.sleep(0.5)
        return tmux("capture-pane", "-e", "-p", "-J", "-S", "-", "-t", SESSION).replace(root, "/srv/holdfast").split("\n")
    finally:
        tmux("kill-session", "-t", SESSION)


def colour(codes, style):
    """The style after the codes of one escape sequence: (colour, bold)."""
    fore, bold = style
    numbers = [int(c or 0) for c in codes.split(";")]
    while numbers:
        n = numbers.pop(0)
        if n == 0:
            fore, bold = FORE, False
        elif n == 1:
            bold = True
        elif n == 22:
            bold = False
        elif n == 39:
            fore = FORE
        elif n in COLOURS:
            fore = COLOURS[n]
        elif n == 38 and numbers[:1] == [5]:
            fore = {8: GREY, 9: COLOURS[31], 10: COLOURS[32], 11: COLOURS[33], 1: COLOURS[31], 2: COLOURS[32], 3: COLOURS[33]}.get(numbers[1], FORE)
            del numbers[:2]
        elif n == 38:
            del numbers[:4]
    return fore, bold


def rows(lines):
    """Lists of (text, style) pieces, one for each row of the picture: long lines are broken, and a colour lasts until the next one."""
    style = (FORE, False)
    for line in lines:
        row, room = [], COLUMNS
        for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
            if piece.startswith("\x1b"):
                style = colour(piece[2:-1], style)
                continue
            while len(piece) > room:
                row.append((piece[:room], style))
                yield row
                piece, row, room = piece[room:], [], COLUMNS
            room -= len(piece)
            row.append((piece, style))
        yield row


def picture(lines):
    """The SVG."""
    lines = list(rows(lines))
    width, height = round(LEFT * 2 + COLUMNS * WIDTH), TOP + len(lines) * HEIGHT + 14
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="ui-monospace,\'DejaVu Sans Mono\',Menlo,Consolas,monospace" font-size="14">']
    out.append(f'<rect width="{width}" height="{height}" rx="10" fill="{BACK}"/>')
    out += [f'<circle cx="{24 + i * 20}" cy="22" r="6" fill="#4a5060"/>' for i in range(3)]
    for row, line in enumerate(lines):
        column, y = 0, TOP + row * HEIGHT
        for text, (fore, bold) in line:
            shown = text.rstrip()
            if shown.strip():
                weight = ' font-weight="bold"' if bold else ""
                # textLength keeps columns in place with any font.
                out.append(f'<text x="{LEFT + column * WIDTH:.1f}" y="{y}" fill="{fore}"{weight} xml:space="preserve" textLength="{len(shown) * WIDTH:.1f}">{html.escape(shown)}</text>')
            column += len(text)
    return "\n".join(out) + "\n</svg>\n"


def main():
    wanted, keep, lines = set(sys.argv[1:]), False, []
    for line in capture():
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        start = re.match(r" ?(\d+)  \S", plain)
        if start:
            keep = start.group(1) in wanted
            line = line.replace(start.group(1) + "  ", "", 1).replace(" ", "", 1) if len(start.group(1)) == 1 else line
        if keep and not plain.startswith("Done in"):
            lines.append(line.rstrip())
    while lines and not lines[-1]:
        lines.pop()
    os.makedirs("docs/images", exist_ok=True)
    with open("docs/images/terminal.svg", "w", encoding="utf-8") as file:
        file.write(picture(lines))


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    main()
