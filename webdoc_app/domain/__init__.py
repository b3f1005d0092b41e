"""The rules of the trade, without I/O: standard library only, nothing of ours above."""
