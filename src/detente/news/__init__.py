"""The reader: from an article or a legal notice to measures that each quote the words they came from.

`read_text` is the whole pipeline; `measure` and `document` hold what it returns.
"""
