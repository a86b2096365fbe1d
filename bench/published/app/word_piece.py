"""BERT's tokenizer in lower case, in Python: Debian 12 has no package of Hugging Face's.

A text's characters are cleaned, put in lower case without accents and cut at white space and punctuation; each word is
cut into the longest pieces that the vocabulary has, from its beginning on.
"""

import json
import unicodedata
from functools import lru_cache

LONGEST_WORD = 100
WORDS_REMEMBERED = 50_000
CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Of a tokenizer.json; a text is cut to `longest` tokens."""

    def __init__(self, path, longest):
        with open(path, encoding="utf-8") as file:
            tokenizer = json.load(file)
        self._vocabulary = tokenizer["model"]["vocab"]
        self._unknown = self._vocabulary[tokenizer["model"]["unk_token"]]
        self._continuation = tokenizer["model"]["continuing_subword_prefix"]
        self._first = self._vocabulary["[CLS]"]
        self._last = self._vocabulary["[SEP]"]
        self._longest = longest
        # Words come again: what Hugging Face's does in compiled code costs next to nothing here either.
        self._pieces = lru_cache(WORDS_REMEMBERED)(self._pieces_of)

    def encode(self, text):
        """Ids, [CLS] and [SEP] included."""
        ids = [self._first]
        for word in words(text):
            ids.extend(self._pieces(word))
        del ids[self._longest - 1 :]
        ids.append(self._last)
        return ids

    def _pieces_of(self, word):
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        ids = []
        start = 0
        while start < len(word):
            end = len(word)
            prefix = "" if start == 0 else self._continuation
            while end > start and prefix + word[start:end] not in self._vocabulary:
                end -= 1
            if end == start:
                return (self._unknown,)
            ids.append(self._vocabulary[prefix + word[start:end]])
            start = end
        return tuple(ids)


def words(text):
    """In lower case; each mark of punctuation is a word."""
    if not (text.isascii() and text.isprintable()):
        text = without_accents("".join(map(cleaned, text)).lower())
    found = []
    for run in text.lower().split():
        start = 0
        for at, character in enumerate(run):
            if is_punctuation(character):
                if at > start:
                    found.append(run[start:at])
                found.append(character)
                start = at + 1
        if start < len(run):
            found.append(run[start:])
    return found


def cleaned(character):
    """Nothing for a control character, a space for white space, and Chinese characters one by one."""
    if character in "\t\n\r":
        return " "
    category = unicodedata.category(character)
    if character == "\ufffd" or category.startswith("C"):
        return ""
    if category == "Zs":
        return " "
    code = ord(character)
    return f" {character} " if any(low <= code <= high for low, high in CHINESE) else character


def without_accents(text):
    return "".join(one for one in unicodedata.normalize("NFD", text) if unicodedata.category(one) != "Mn")


@lru_cache(4096)
def is_punctuation(character):
    code = ord(character)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(character).startswith("P")
