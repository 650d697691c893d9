#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the demo model's byte-level BPE tokenizer and writes it in Hugging Face form.

Plain Python, no library: text is cut into words as GPT-2 does, a word's UTF-8 bytes are written with
GPT-2's printable stand-ins, and the most frequent pair of neighbours is merged until the vocabulary is
full. Words with digits are never merged, so a number is always one token a digit and easy to copy.

    python3 train_tokenizer.py               writes model/tokenizer.json, model/tokenizer_config.json
"""

import argparse
import collections
import json
import random
import unicodedata
from pathlib import Path

import generate_data

MODEL = Path(__file__).resolve().parent / "model"
BOS, EOS = "<|bos|>", "<|eos|>"
CORPUS_MESSAGES = 30000
WHITE_SPACE = set("\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}
SHORT_FORMS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def byte_symbols():
    """GPT-2's table: the 256 bytes as printable characters, in byte order."""
    printable = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    symbols, extra = [], 0
    for byte in range(256):
        if byte in printable:
            symbols.append(chr(byte))
        else:
            symbols.append(chr(256 + extra))
            extra += 1
    return symbols


def kind(char):
    if char in WHITE_SPACE:
        return "space"
    return {"L": "letter", "N": "digit"}.get(unicodedata.category(char)[0], "other")


def split_words(text):
    r"""Cuts text as GPT-2's expression does.

    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    """
    words, at = [], 0
    while at < len(text):
        short = next((form for form in SHORT_FORMS if text.startswith(form, at)), None)
        if short:
            end = at + len(short)
        else:
            start = at + 1 if text[at] == " " and at + 1 < len(text) and kind(text[at + 1]) != "space" else at
            end = start + 1
            while end < len(text) and kind(text[end]) == kind(text[start]):
                end += 1
            # A run of spaces leaves its last one to the word behind it.
            if kind(text[start]) == "space" and end < len(text) and end - start > 1:
                end -= 1
        words.append(text[at:end])
        at = end
    return words


class Tokenizer:
    """Encodes and decodes with a tokenizer.json as train() writes it."""

    def __init__(self, spec):
        self.vocabulary = dict(spec["model"]["vocab"])
        self.ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(spec["model"]["merges"])}
        self.special = {token["content"]: token["id"] for token in spec["added_tokens"]}
        self.bos, self.eos = self.special[BOS], self.special[EOS]
        self.texts = {number: symbol for symbol, number in self.vocabulary.items()}
        self.symbols = byte_symbols()
        self.bytes = {symbol: byte for byte, symbol in enumerate(self.symbols)}
        self.known = {}

    @staticmethod
    def load():
        return Tokenizer(json.loads((MODEL / "tokenizer.json").read_text(encoding="utf-8")))

    def encode(self, text):
        """Token ids without the beginning token. Special tokens in the text are read as plain text."""
        return [number for word in split_words(text) for number in self._word(word)]

    def decode(self, ids):
        symbols = "".join(self.texts[number] for number in ids if number not in self.special.values())
        return bytes(self.bytes[symbol] for symbol in symbols).decode("utf-8", "replace")

    def _word(self, word):
        if word not in self.known:
            parts = [self.symbols[byte] for byte in word.encode("utf-8")]
            while len(parts) > 1:
                pairs = [(self.ranks.get(pair, len(self.ranks)), at) for at, pair in enumerate(zip(parts, parts[1:]))]
                rank, at = min(pairs)
                if rank == len(self.ranks):
                    break
                parts[at:at + 2] = [parts[at] + parts[at + 1]]
            self.known[word] = [self.vocabulary[part] for part in parts]
        return self.known[word]


def learn_merges(words, count):
    """words: Counter of symbol tuples. Returns the merges, most frequent pair first, ties by spelling."""
    words = [(list(symbols), frequency) for symbols, frequency in sorted(words.items())]
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for symbols, frequency in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += frequency
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] < 2:
            break
        merges.append(best)
        for symbols, _ in words:
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at:at + 2] = ["".join(best)]
                at += 1
    return merges


def train(vocabulary_size):
    grammar = generate_data.Grammar.load("train")
    rng = random.Random(7)
    writer = generate_data.Writer(grammar, rng)
    intents = list(grammar.intents)
    symbols = byte_symbols()
    counts = collections.Counter()
    for _ in range(CORPUS_MESSAGES):
        row = writer.row(rng.choice(intents))
        text = generate_data.PROMPT.format(message=row["message"]) + generate_data.COMPLETION.format(**row)
        for word in split_words(text):
            if not any(kind(char) == "digit" for char in word):
                counts[tuple(symbols[byte] for byte in word.encode("utf-8"))] += 1
    # Rare words are mostly typing mistakes; a whole token for one would be wasted.
    counts = collections.Counter({word: count for word, count in counts.items() if count > 20})
    merges = learn_merges(counts, vocabulary_size - 258)
    vocabulary = {BOS: 0, EOS: 1}
    for symbol in symbols + ["".join(merge) for merge in merges]:
        vocabulary.setdefault(symbol, len(vocabulary))
    return vocabulary, merges


def write(vocabulary, merges):
    special = [
        {"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for token in (BOS, EOS)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    spec = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": BOS, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": BOS, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {BOS: {"id": BOS, "ids": [vocabulary[BOS]], "tokens": [BOS]}},
        },
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [" ".join(merge) for merge in merges],
        },
    }
    MODEL.mkdir(exist_ok=True)
    (MODEL / "tokenizer.json").write_text(json.dumps(spec, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "add_bos_token": True,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
    }
    (MODEL / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vocabulary", type=int, default=1536, help="number of tokens, the special ones included")
    vocabulary, merges = train(parser.parse_args().vocabulary)
    write(vocabulary, merges)
    print(f"tokenizer.json: {len(vocabulary)} tokens, {len(merges)} merges")


if __name__ == "__main__":
    main()
