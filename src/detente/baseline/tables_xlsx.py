"""A baseline as one workbook, and an empty workbook to fill; numbers keep every digit and no text becomes a formula.

Written by hand because writers of workbooks round numbers to 16 digits, and the copy would be another world.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final
from xml.sax.saxutils import escape, quoteattr

from detente.baseline.baseline import Baseline
from detente.baseline.importers.workbook import ROWS, TEXT_LIMIT, column_letters
from detente.baseline.importers.xlsx import META, META_COLUMNS
from detente.baseline.tables_content import content_of, flat_fields
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_write import new_file
from detente.core.arrays import Array
from detente.core.errors import UsageError

Value = str | float
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
PIECE: Final = 10_000
PLAIN, BOLD, QUOTED = 0, 1, 2
_STYLES: Final = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def write_workbook(base: Baseline, path: Path) -> Path:
    """Write a baseline as one workbook.

    Args:
        base: the baseline. path: a new file; it appears complete or not at all.
    Raises:
        UsageError: the file exists, a sheet would have too many rows, or no table can hold the baseline.
    """

    def fill(draft: Path) -> None:
        content = content_of(base)
        for name, values in content.grids.items():
            if values.size >= ROWS:
                raise UsageError(f"{name}: found {values.size} rows; expected fewer than {ROWS}; try --format parquet")
        with Book(draft) as book:
            book.sheet(META, META_COLUMNS, iter(flat_fields(content.fields)))
            for name, values in content.grids.items():
                book.sheet(name, LAYOUTS[name].columns, _rows(content.axes[name], values))

    return new_file(Path(path), fill)


class Book:
    """A workbook while it is written."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.names: list[str] = []
        self.strings: dict[str, int] = {}

    def __enter__(self) -> Book:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with self.archive:
            if kind is None:
                self._write_rest()

    def sheet(
        self, name: str, header: Sequence[str], rows: Iterator[Sequence[Value]], *, widths: Sequence[int] = ()
    ) -> None:
        """Write one sheet, its header bold and fixed."""
        self.names.append(name)
        widths = widths or [22 if at < len(header) - 1 else 26 for at in range(len(header))]
        columns = "".join(
            f'<col min="{at}" max="{at}" width="{width}" style="{QUOTED if at < len(widths) else PLAIN}"'
            ' customWidth="1"/>'
            for at, width in enumerate(widths, start=1)
        )
        with self._part(f"xl/worksheets/sheet{len(self.names)}.xml") as stream:
            stream.write(
                f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
                '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
                f"<cols>{columns}</cols><sheetData>{self._row(1, header, BOLD)}".encode()
            )
            lines: list[str] = []
            for number, row in enumerate(rows, start=2):
                lines.append(self._row(number, row, QUOTED))
                if len(lines) == PIECE:
                    stream.write("".join(lines).encode())
                    lines.clear()
            stream.write(f"{''.join(lines)}</sheetData></worksheet>".encode())

    def _row(self, number: int, row: Sequence[Value], style: int) -> str:
        cells = [self._cell(f"{letter}{number}", value, style) for letter, value in zip(_LETTERS, row, strict=False)]
        return f'<row r="{number}">{"".join(cells)}</row>'

    def _cell(self, address: str, value: Value, style: int) -> str:
        if value == "":
            return ""
        if not isinstance(value, str):
            return f'<c r="{address}"><v>{value!r}</v></c>'
        at = self.strings.setdefault(value, len(self.strings))
        return f'<c r="{address}" s="{style}" t="s"><v>{at}</v></c>'

    def _part(self, name: str) -> IO[bytes]:
        info = zipfile.ZipInfo(name, _EPOCH)  # no clock: the same world gives the same bytes
        info.compress_type = zipfile.ZIP_DEFLATED
        return self.archive.open(info, "w")

    def _write_rest(self) -> None:
        numbers = range(1, len(self.names) + 1)
        texts = "".join(f'<si><t xml:space="preserve">{_text(text)}</t></si>' for text in self.strings)
        kinds = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
        kinds += [("/xl/sharedStrings.xml", "sharedStrings")]
        kinds += [(f"/xl/worksheets/sheet{number}.xml", "worksheet") for number in numbers]
        overrides = "".join(f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in kinds)
        relation = f'<Relationship Id="{{}}" Type="{_OFFICE}/{{}}" Target="{{}}"/>'
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, self.names, strict=True)
        )
        inner = [relation.format(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
        inner += [relation.format("rIdA", "styles", "styles.xml")]
        inner += [relation.format("rIdB", "sharedStrings", "sharedStrings.xml")]
        parts = {
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}" uniqueCount="{len(self.strings)}">{texts}</sst>',
            "xl/styles.xml": _STYLES.removeprefix(_HEAD),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(inner)}'
            "</Relationships>",
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{relation.format('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>",
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        }
        for name, text in parts.items():
            with self._part(name) as stream:
                stream.write(f"{_HEAD}{text}".encode())


_LETTERS: Final = [column_letters(number) for number in range(1, 27)]


def _rows(axes: Sequence[tuple[str, ...]], values: Array) -> Iterator[Sequence[Value]]:
    keys: list[tuple[str, ...]] = [()]
    for axis in axes:
        keys = [(*key, code) for key in keys for code in axis]
    return ((*key, value) for key, value in zip(keys, values.ravel().tolist(), strict=True))


def _text(text: str) -> str:
    """Return text as XML: what XML cannot hold is refused, so nothing is lost in silence."""
    if len(text) > TEXT_LIMIT:
        raise UsageError(f"meta: found a text of {len(text)} characters; expected at most {TEXT_LIMIT} in a cell")
    bad = next((mark for mark in text if not (mark.isprintable() or mark in "\n\t")), "")
    if bad:
        raise UsageError(f"meta: found the character U+{ord(bad):04X}, which a workbook cannot hold; expected text")
    return escape(text)
