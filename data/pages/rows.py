"""Rows of tables: one block each, or the lines of a listing with their numbers."""

from __future__ import annotations

from data.pages.blocks import CODE, CODE_LINES, HEAD_ROW, ROW, TEXT, Block, Element, Gatherer
from data.pages.listings import is_numbers

MAX_CELL_CHARS = 600
MAX_CELL_BLOCKS = 3
MAX_ROW_ELEMENTS = 300


class Rows(Gatherer):
    """Makes blocks of rows where they end."""

    def close_row(self, place: int) -> None:
        """Makes a table's row one block, unless its cells hold more than a cell of data does."""
        row = self.elements[place]
        inside = self.elements[place + 1 :] if len(self.elements) - place <= MAX_ROW_ELEMENTS else []
        cells = [cell for cell in inside if cell.parent == place]
        if len(cells) < 2:
            return
        if self._is_numbered_line(place, cells):
            self._join_line(place, inside)
            return
        texts = []
        for cell in cells:
            blocks = self.blocks[cell.first : cell.last]
            if len(blocks) > MAX_CELL_BLOCKS or any(block.kind != TEXT for block in blocks):
                return
            texts.append(" ".join(" ".join(block.text for block in blocks).split()).replace("|", "\\|"))
        if max(map(len, texts)) > MAX_CELL_CHARS or sum(map(bool, texts)) < 2:
            return
        merged = self.blocks[row.first :]
        heading = all(cell.tag.name == "th" for cell in cells) or self.elements[row.parent].tag.name == "thead"
        text = " | ".join(texts)
        words, links = sum(block.words for block in merged), sum(block.link_chars for block in merged)
        self.blocks[row.first :] = [Block(text, place, HEAD_ROW if heading else ROW, words, links)]
        for element in inside:
            element.first, element.last = row.first, row.first + 1

    def _line_before(self, place: int) -> Block | None:
        """Returns the block that a numbered line in this row would go on with."""
        before = self.blocks[self.elements[place].first - 1] if self.elements[place].first else None
        together = before and before.kind == CODE_LINES and self._are_neighbours(before.element, place)
        return before if together else None

    def _is_numbered_line(self, place: int, cells: list[Element]) -> bool:
        """Returns whether a row is the number of a line and the line, which may be blank."""
        blocks = self.blocks[self.elements[place].first :]
        if (
            not blocks
            or blocks[0].kind != TEXT
            or cells[0].last - cells[0].first != 1
            or not is_numbers(blocks[0].text)
        ):
            return False
        if len(blocks) == 1:
            return self._line_before(place) is not None
        return len(blocks) == 2 and blocks[1].kind == CODE and "\n" not in blocks[1].text

    def _join_line(self, place: int, inside: list[Element]) -> None:
        """Makes a numbered line one block, or goes on with the one that holds the lines before it."""
        first, before = self.elements[place].first, self._line_before(place)
        _, *code = self.blocks[first:]
        del self.blocks[first:]
        if before:
            before.text += "\n" + "".join(line.text for line in code)
            before.words += sum(line.words for line in code)
        else:
            code[0].element, code[0].kind = place, CODE_LINES
            self.blocks += code
        for element in inside:
            element.first, element.last = first, len(self.blocks)
