"""Models that put things into words: who is asked, within what time, at what cost. Whatever they answer is a proposal;
whoever asked checks it and can do without. Only worker roots build one, and only where a key is set.
"""
