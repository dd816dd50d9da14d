"""A model of a terminal: what stands in its rows after a program has written text and escape sequences to it."""

from __future__ import annotations

import io
import re
import unicodedata

_TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\r|\n|[^\x00-\x1f\x7f]")


class Screen:
    """Rows of cells as a VT100 keeps them, of unlimited height; it knows the sequences that the gate may write.

    A character that does not fit into the row wraps to the next one, unless autowrap (DECAWM) is off: then it
    overwrites the last cell.
    """

    def __init__(self, columns: int, *, knows_decawm: bool = True) -> None:
        self._columns = columns
        self._knows_decawm = knows_decawm
        self._cells: list[list[str]] = [[]]
        self._row = self._column = 0
        self._wraps = True
        self.styles: list[str] = []
        """The parameters of all Select Graphic Rendition sequences, in order."""

    @property
    def rows(self) -> list[str]:
        """The text of each row, without the blanks at its end."""
        return ["".join(row).rstrip() for row in self._cells]

    def feed(self, text: str) -> None:
        """Writes text as it comes from the terminal's driver: a line feed does not return the carriage."""
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            assert token, f"the terminal would do something unexpected: {text[at : at + 20]!r}"
            at = token.end()
            if token[2]:
                self._control(token[1], token[2])
            elif token[0] == "\r":
                self._column = 0
            elif token[0] == "\n":
                self._line_feed()
            else:
                self._print(token[0])

    def _control(self, parameters: str, final: str) -> None:
        match parameters + final:
            case "K":
                del self._cells[self._row][self._column :]
            case "?7l" | "?7h":
                self._wraps = final == "h" or not self._knows_decawm
            case _:
                assert final == "m", f"no sequence of the gate's: {parameters}{final}"
                self.styles.append(parameters)

    def _line_feed(self) -> None:
        self._row += 1
        if self._row == len(self._cells):
            self._cells.append([])

    def _print(self, char: str) -> None:
        if unicodedata.combining(char):
            self._cells[self._row][self._column - 1] += char
            return
        width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if self._column + width > self._columns:
            if self._wraps:
                self._column = 0
                self._line_feed()
            else:
                self._column = self._columns - width
        row = self._cells[self._row]
        row += [" "] * (self._column + width - len(row))
        row[self._column : self._column + width] = [char, *[""] * (width - 1)]
        self._column += width


class Terminal(io.StringIO):
    """A stream that is a terminal of so many columns, and keeps what was on its screen after each write."""

    def __init__(self, columns: int = 80, *, knows_decawm: bool = True) -> None:
        super().__init__()
        self.screen = Screen(columns, knows_decawm=knows_decawm)
        self.frames: list[list[str]] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.screen.feed(text.replace("\n", "\r\n"))
        self.frames.append(self.screen.rows)
        return super().write(text)
