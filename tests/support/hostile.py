"""Names as a stranger may choose them: for markup, spreadsheets, terminals, paths and TeX."""

NAMES = {
    "markup": "<script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "at": "@SUM(1)",
    "dollars": "$$x^{$",
    "bar": "a|b",
    "lines": "a\n\n- b\r\nc\td",
    "terminal": "\x1b[2J\x1b]0;title\x07c",
    "climbing": "../../up",
    "absolute": "/tmp/absolute",
    "backslashes": "..\\..\\up\\",
    "long": "long" * 75,
    "direction": "a\u202egnp.exe",
    "heading": "# head",
    "entity": "a & b &lt; c",
    "quotes": "\"q\" 'p' `c`",
    "rich": "[red]x[/red]",
    "tex": "\\input{/etc/passwd}%",
    "star": "* [a](javascript:b) _c_",
}
"""What is hostile about a name to the name."""
CONTROLS = {chr(number) for number in (*range(32), *range(127, 160), 0x202E)}
"""Characters that must not reach a terminal or a page; a line feed where nobody meant one."""
