"""Bars of CPU time per message as SVG: one panel per case, one bar per variant. Which figures is left to score."""

from xml.sax.saxutils import escape

PANEL_WIDTH, LABEL_WIDTH, VALUE_WIDTH = 560, 110, 130
BAR, GAP, TITLE, MARGIN, COLUMNS = 18, 8, 34, 24, 2
HEAD, FOOT = 64, 16
OURS, OTHERS, RANGE, TEXT, FAINT = "#b5432a", "#8fa3b5", "#3d4a57", "#1f2933", "#66727f"


def text(x, y, words, size=13, colour=TEXT, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(words)}</text>')


def rectangle(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def number(value):
    """Three digits that matter."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else \
        f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def bar(x, y, scale, row):
    """One variant: (name, least, median, most, remark)."""
    name, least, middle, most, remark = row
    colour = OURS if name.startswith("postern") else OTHERS
    start, centre, base = x + LABEL_WIDTH, y + BAR / 2, y + BAR - 4
    parts = [text(start - 8, base, name, anchor="end", weight="bold" if colour == OURS else "normal"),
             rectangle(start, y, max(1.0, middle * scale), BAR, colour)]
    if most > least:
        parts.append(f'<path d="M{start + least * scale:.1f} {centre:.1f}H{start + most * scale:.1f}" '
                     f'stroke="{RANGE}" stroke-width="1.5"/>')
    end = start + max(middle, most) * scale + 6
    return [*parts, text(end, base, f"{number(middle)}{remark}", 12, FAINT)]


def panel_height(rows):
    return TITLE + len(rows) * (BAR + GAP) + MARGIN


def panel(x, y, title, rows):
    longest = max(most for _, _, _, most, _ in rows) or 1.0
    scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest
    parts = [text(x, y + 14, title, 14, weight="bold")]
    for index, row in enumerate(rows):
        parts += bar(x, y + TITLE + index * (BAR + GAP), scale, row)
    return parts


def svg(heading, remark, panels):
    """panels: [(title, [(name, least, median, most, remark)])]; the panels without rows are left out."""
    panels = [one for one in panels if one[1]]
    parts, y = [text(MARGIN, 28, heading, 18, weight="bold"), text(MARGIN, 48, remark, 12, FAINT)], HEAD
    for first in range(0, len(panels), COLUMNS):
        line = panels[first:first + COLUMNS]
        for column, (title, rows) in enumerate(line):
            parts += panel(MARGIN + column * (PANEL_WIDTH + MARGIN), y, title, rows)
        y += max(panel_height(rows) for _, rows in line)
    width, height = MARGIN + COLUMNS * (PANEL_WIDTH + MARGIN), y + FOOT
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
                      f'viewBox="0 0 {width} {height:.0f}" font-family="Helvetica, Arial, sans-serif">',
                      rectangle(0, 0, width, height, "#ffffff"), *parts, "</svg>\n"])
