#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generates short customer messages with a topic, an urgency and a one-line summary.

A message is put together from template sentences: one core sentence that decides the topic and the
summary, sentences that decide the urgency, and sentences that decide nothing and only mislead whoever
counts words (something about another topic, a date that is no deadline, "not urgent").

Training messages are made of grammar/train.txt, held-out messages of grammar/heldout.txt. The two files
share no sentence; Grammar.check_disjoint proves it over every expansion before anything is written.

    python3 generate_data.py                 writes messages.jsonl, the held-out set
    python3 generate_data.py --show 20       prints training messages to look at
"""

import argparse
import json
import random
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
GRAMMAR = HERE / "grammar"
PROMPT = "Message: {message}\nTopic:"
COMPLETION = " {topic}\nUrgency: {urgency}\nSummary: {summary}"
HELD_OUT_SEED = 20240501
ROWS_PER_INTENT = 12

# Topics whose messages may quote an order number.
ORDER_TOPICS = {"billing", "delivery", "returns", "technical"}
# Misleading sentences that would contradict a core sentence of the topic, beside those of the topic itself.
CONTRADICTING = {"delivery": {"product"}, "returns": {"product"}}
# "Bring it on Monday" and "I need it by Friday" together would leave a reader wondering.
NO_DEADLINE = {"delivery.move_day"}
# How often a topic is low, normal and high; a question about a size is seldom urgent.
URGENCY_WEIGHTS = {"any": [27, 37, 36], "product": [35, 45, 20], "complaint": [30, 45, 25]}
# Words that turn a sentence round; noise leaves them alone.
NEGATION = re.compile(r"^(no|not|never|nothing|nobody|only|without|cannot)\b|n't", re.IGNORECASE)

CONTRACTIONS = [
    (rf"\b{long}\b", short)
    for long, short in [
        ("I am", "I'm"), ("(?<!do )I have(?! to)", "I've"), ("I would", "I'd"), ("I will", "I'll"),
        ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"),
        ("was not", "wasn't"), ("are not", "aren't"), ("cannot", "can't"), ("will not", "won't"),
        ("has not", "hasn't"), ("have not", "haven't"), ("should not", "shouldn't"),
        ("([Ii])t is", r"\1t's"), ("([Tt])hat is", r"\1hat's"), ("([Tt])here is", r"\1here's"), ("What is", "What's"),
    ]
]


def read_templates(path):
    """Returns {section: [template line, ...]} of a template file, in file order."""
    sections = {}
    current = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("# "):
            continue
        if line.startswith("## "):
            current = sections.setdefault(line[3:].strip(), [])
        elif line.startswith("- ") and current is not None:
            current.append(line[2:])
        else:
            raise ValueError(f"{path.name}:{number}: expected '## section' or '- template', found {line!r}")
    return sections


def expansions(template):
    """Yields each text that the choices [a|b] of a template allow; slots stay as they are."""
    match = re.search(r"\[([^\]]*)\]", template)
    if match is None:
        yield template
        return
    for choice in match.group(1).split("|"):
        yield from expansions(template[: match.start()] + choice + template[match.end():])


def sentences(text):
    """Splits a text into sentences, normalised so that case, punctuation and spaces do not count."""
    parts = re.split(r"(?<=[.!?])\s+", text)
    return [" ".join(re.sub(r"[^\w{} ]", " ", part.lower()).split()) for part in parts]


class Grammar:
    """The templates of one split with the slot values that both splits share."""

    def __init__(self, sections, config):
        self.sections = sections
        self.intents = config["intents"]
        self.labels = config["labels"]
        self.slots = dict(config["slots"])
        for name, parts in config["compound"].items():
            self.slots[name] = [value for part in parts for value in self.slots[part]]

    @staticmethod
    def load(split, keep=lambda section, index: True):
        """Loads grammar/SPLIT.txt; keep(section, index) leaves templates out, for a development split."""
        config = json.loads((GRAMMAR / "slots.json").read_text(encoding="utf-8"))
        sections = {
            name: [line for index, line in enumerate(lines) if keep(name, index)]
            for name, lines in read_templates(GRAMMAR / f"{split}.txt").items()
        }
        missing = [name for name in config["intents"] if not sections.get(name)]
        if missing:
            raise ValueError(f"{split}.txt has no templates for {missing}")
        return Grammar(sections, config)

    def sentence_set(self):
        """Every sentence that this grammar can write, with slots unfilled."""
        return {
            sentence
            for lines in self.sections.values()
            for line in lines
            for text in expansions(line)
            for sentence in sentences(text)
        }

    def check_disjoint(self, other):
        shared = self.sentence_set() & other.sentence_set()
        if shared:
            raise ValueError(f"training and held-out templates share sentences: {sorted(shared)}")

    def slot_value(self, name, rng):
        if name == "order":
            return str(rng.randint(10000, 99999))
        if name == "day2":
            return rng.choice(self.slots["day"])
        return rng.choice(self.slots[name])

    def amounts(self, rng):
        """Two prices, the higher first: what was taken and what was agreed."""
        agreed = rng.randint(8, 180)
        taken = agreed + rng.randint(3, 60)
        cents = rng.choice(["", "", ".50", ".90", ".95", ".99"])
        return f"${taken}{cents}", f"${agreed}{cents}"


class Writer:
    """Writes messages from a grammar; every random choice comes from the given generator.

    noise is the share of messages some of whose words are left out or replaced by others. Training uses
    it, so that a sentence is understood by all of its words and not by the one that gave it away so far.
    """

    def __init__(self, grammar, rng, noise=0.0):
        self.grammar = grammar
        self.rng = rng
        self.noise = noise
        self.words = sorted({word for text in grammar.sentence_set() for word in text.split() if word.isalpha()})

    def row(self, intent, core_template=None):
        """Returns a message with its labels and its reference summary."""
        rng = self.rng
        topic = intent.split(".")[0]
        spec = self.grammar.intents[intent]
        weights = URGENCY_WEIGHTS.get(topic, URGENCY_WEIGHTS["any"])
        urgency = spec.get("urgency") or rng.choices(["low", "normal", "high"], weights)[0]
        style = self._style()
        core, values = self._fill(core_template or self._pick(intent), style, spec["summary"])
        after = []
        before = []
        summary = spec["summary"].format(**values)

        if topic in ORDER_TOPICS and rng.random() < 0.3:
            after.append(self._fill(self._pick("reference"), style)[0])
        summary += "."

        section = self._urgency_section(intent, topic, urgency)
        if section:
            text, deadline = self._fill(self._pick(section), style)
            after.append(text)
            if section == "urgency.deadline":
                summary += f" Deadline {deadline['day']}."
        if rng.random() < {"low": 0.2, "normal": 0.4, "high": 0.1}[urgency]:
            self._place(self._fill(self._pick("trap"), style)[0], before, after)
        if topic != "praise" and rng.random() < 0.15:
            after.append(self._fill(self._pick("neutral"), style)[0])
        joined = False
        for count, background in enumerate(self._backgrounds(topic)):
            text = self._fill(self._pick(f"background.{background}"), style)[0]
            if count == 0 and text.endswith(".") and rng.random() < 0.25:
                core = text[:-1] + ", " + rng.choice(["but ", "but ", "however "]) + self._decapitalise(core)
                joined = True
            else:
                self._place(text, before, after)
        if joined:
            # A "but" sentence reads best as the first one.
            after = before + after
            before = []
        message = self._finish(before + [core] + after, style)
        return {"message": message, "topic": topic, "urgency": urgency, "summary": summary, "intent": intent}

    def _pick(self, section):
        return self.rng.choice(self.grammar.sections[section])

    def _place(self, text, before, after):
        # A sentence about "it" needs something before it to refer to.
        if self.rng.random() < 0.5 and not re.search(r"\b(it|it's|this|that)\b", text, re.IGNORECASE):
            before.append(text)
        else:
            after.insert(self.rng.randint(0, len(after)), text)

    def _backgrounds(self, topic):
        wrong = {topic} | CONTRADICTING.get(topic, set())
        others = [name for name in self.grammar.labels["topic"] if name not in wrong]
        return self.rng.sample(others, self.rng.choices([0, 1, 2], [40, 50, 10])[0])

    def _urgency_section(self, intent, topic, urgency):
        """The section of the sentence that tells the urgency, or None where the core tells it."""
        rng = self.rng
        fixed = self.grammar.intents[intent].get("urgency")
        if urgency == "normal" or topic == "praise" or (fixed and rng.random() < 0.4):
            return None
        if urgency == "low":
            return "urgency.low"
        return "urgency.high" if intent in NO_DEADLINE or rng.random() < 0.55 else "urgency.deadline"

    def _style(self):
        rng = self.rng
        return {
            "contract": rng.random() < 0.5,
            "lower": rng.random() < 0.12,
            "typos": 0.1 if rng.random() < 0.2 else 0.0,
            "noise": 0.12 if rng.random() < self.noise else 0.0,
            "bare": rng.random() < 0.1,
            "loud": rng.random() < 0.06,
        }

    def _fill(self, template, style, wanted=""):
        """Resolves choices, contractions, typos and slots; returns the text and the slot values.

        wanted is a second template that uses the same values (the summary).
        """
        rng = self.rng
        text = re.sub(r"\[([^\]]*)\]", lambda match: rng.choice(match.group(1).split("|")), template)
        if style["contract"]:
            for long, short in CONTRACTIONS:
                text = re.sub(long, short, text)
        if style["noise"]:
            text = re.sub(r"\{\w+\}|[A-Za-z']+ ?", lambda match: self._noise(match.group(), style), text).strip()
        if style["typos"]:
            # Slots keep their spelling, so that a summary can be checked word by word.
            text = re.sub(r"\{\w+\}|[A-Za-z]{5,}", lambda match: self._typo(match.group(), style), text)
        values = {}
        for name in re.findall(r"\{(\w+)\}", text + wanted):
            if name in ("amount", "amount2") and "amount" not in values:
                values["amount"], values["amount2"] = self.grammar.amounts(rng)
            elif name not in values:
                values[name] = self.grammar.slot_value(name, rng)
        text = text.format(**values)
        return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text), values

    def _noise(self, word, style):
        rng = self.rng
        if word.startswith("{") or rng.random() >= style["noise"] or NEGATION.search(word):
            return word
        return "" if rng.random() < 0.5 else rng.choice(self.words) + word[len(word.rstrip()):]

    def _typo(self, word, style):
        rng = self.rng
        if word.startswith("{") or rng.random() >= style["typos"]:
            return word
        at = rng.randint(1, len(word) - 2)
        kind = rng.randint(0, 2)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2:]
        if kind == 1:
            return word[:at] + word[at + 1:]
        return word[:at] + word[at] + word[at:]

    def _decapitalise(self, text):
        first = text.split(" ", 1)[0].strip(",.!?:")
        is_name = any(first in self.grammar.slots[slot] for slot in ("name", "city", "day", "code"))
        return text if first == "I" or first.startswith("I'") or is_name else text[0].lower() + text[1:]

    def _finish(self, parts, style):
        rng = self.rng
        body = " ".join(parts)
        if rng.random() < 0.4:
            body = self._fill(self._pick("greeting"), style)[0] + " " + body
        if rng.random() < 0.3:
            closing = self._fill(self._pick("closing"), style)[0]
            body = body + " " + closing + ("" if rng.random() < 0.5 else ".")
        if style["loud"]:
            body = body.replace(". ", "! ")
        if style["bare"]:
            body = re.sub(r"[.,](?= |$)", "", body)
        if style["lower"]:
            body = body.lower()
        return body


def held_out_rows():
    """The held-out set: for every intent the same number of rows, each of its core sentences in use."""
    training = Grammar.load("train")
    grammar = Grammar.load("heldout")
    grammar.check_disjoint(training)
    rng = random.Random(HELD_OUT_SEED)
    writer = Writer(grammar, rng)
    rows = []
    for intent in grammar.intents:
        cores = grammar.sections[intent]
        for index in range(ROWS_PER_INTENT):
            rows.append(writer.row(intent, cores[index % len(cores)]))
    rng.shuffle(rows)
    return [
        {
            "custom_id": f"message-{number:03d}",
            "message": row["message"],
            "topic": row["topic"],
            "urgency": row["urgency"],
            "summary": row["summary"],
        }
        for number, row in enumerate(rows, 1)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", type=int, default=0, help="print this many training messages and write nothing")
    parser.add_argument("--seed", type=int, default=1, help="seed of --show")
    options = parser.parse_args()
    if options.show:
        grammar = Grammar.load("train")
        rng = random.Random(options.seed)
        writer = Writer(grammar, rng)
        for _ in range(options.show):
            row = writer.row(rng.choice(list(grammar.intents)))
            print(PROMPT.format(message=row["message"]) + COMPLETION.format(**row) + "\n")
        return
    path = HERE / "messages.jsonl"
    rows = held_out_rows()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(f"{path.name}: {len(rows)} messages, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
