# SPDX-License-Identifier: Apache-2.0
"""Tests of the demo's generator, tokenizer and files; needs no PyTorch.

    python3 -m unittest test_demo
"""

import json
import random
import struct
import unittest
from pathlib import Path

import generate_data
import train_tokenizer
from generate_data import Grammar, Writer, expansions, sentences

HERE = Path(__file__).resolve().parent
ROWS = [json.loads(line) for line in (HERE / "messages.jsonl").read_text(encoding="utf-8").splitlines()]


class SplitTest(unittest.TestCase):
    def setUp(self):
        self.training = Grammar.load("train")
        self.held_out = Grammar.load("heldout")

    def test_every_expansion_of_every_template_is_in_one_split_only(self):
        shared = self.training.sentence_set() & self.held_out.sentence_set()
        self.assertEqual(set(), shared)
        self.assertGreater(len(self.training.sentence_set()), 1000)
        self.assertGreater(len(self.held_out.sentence_set()), 300)

    def test_a_shared_sentence_is_refused_whatever_its_case_and_punctuation(self):
        stolen = self.training.sections["urgency.low"][0].upper().rstrip(".") + "!"
        self.held_out.sections["urgency.low"].append(stolen)
        with self.assertRaisesRegex(ValueError, "share sentences"):
            self.held_out.check_disjoint(self.training)

    def test_a_sentence_shared_inside_a_longer_template_is_refused(self):
        self.held_out.sections["trap"].append("Well. No rush. Bye.")
        with self.assertRaisesRegex(ValueError, "no rush"):
            self.held_out.check_disjoint(self.training)

    def test_both_splits_have_the_same_sections_and_enough_templates(self):
        self.assertEqual(set(self.training.sections), set(self.held_out.sections))
        for intent in self.training.intents:
            self.assertGreaterEqual(len(self.training.sections[intent]), 15, intent)
            self.assertGreaterEqual(len(self.held_out.sections[intent]), 6, intent)


class GeneratorTest(unittest.TestCase):
    def test_expansions_give_every_choice(self):
        found = list(expansions("I [was|got] charged[ twice|]."))
        self.assertEqual(
            ["I was charged twice.", "I was charged.", "I got charged twice.", "I got charged."], found)

    def test_sentences_ignore_case_punctuation_and_spaces(self):
        self.assertEqual(["hello there", "it is {day}"], sentences("Hello,  THERE! It is {day}."))

    def test_the_held_out_file_is_what_the_generator_writes(self):
        self.assertEqual(ROWS, generate_data.held_out_rows())

    def test_rows_have_known_labels_one_summary_line_and_unique_ids(self):
        labels = Grammar.load("heldout").labels
        for row in ROWS:
            self.assertEqual({"custom_id", "message", "topic", "urgency", "summary"}, set(row))
            self.assertIn(row["topic"], labels["topic"])
            self.assertIn(row["urgency"], labels["urgency"])
            self.assertNotIn("\n", row["message"] + row["summary"])
            self.assertNotIn("{", row["message"] + row["summary"])
        self.assertEqual(len(ROWS), len({row["custom_id"] for row in ROWS}))
        self.assertEqual(len(ROWS), len({row["message"] for row in ROWS}))

    def test_a_deadline_in_the_summary_stands_in_the_message(self):
        with_deadline = [row for row in ROWS if "Deadline" in row["summary"]]
        self.assertGreater(len(with_deadline), 20)
        for row in with_deadline:
            day = row["summary"].split("Deadline ")[1].rstrip(".")
            self.assertIn(day.lower(), row["message"].lower())
            self.assertEqual("high", row["urgency"])

    def test_noise_keeps_negations_and_slots(self):
        writer = Writer(Grammar.load("train"), random.Random(5))
        style = {"contract": False, "noise": 1.0, "typos": 0.0}
        text, values = writer._fill("This is not for the {product}.", style)
        self.assertIn(" not ", f" {text} ")
        self.assertIn(values["product"], text)

    def test_contractions_leave_longer_words_and_duties_alone(self):
        writer = Writer(Grammar.load("train"), random.Random(5))
        style = {"contract": True, "noise": 0.0, "typos": 0.0}
        text, _ = writer._fill("It is nothing. Do I have to? I have it. There is not one. I cannot.", style)
        self.assertEqual("It's nothing. Do I have to? I've it. There isn't one. I can't.", text)

    def test_an_article_fits_its_noun(self):
        writer = Writer(Grammar.load("train"), random.Random(5))
        style = {"contract": False, "noise": 0.0, "typos": 0.0}
        for _ in range(200):
            text, values = writer._fill("I want a {product}.", style)
            article = "an" if values["product"][0] in "aeiou" else "a"
            self.assertEqual(f"I want {article} {values['product']}.", text)


class TokenizerTest(unittest.TestCase):
    def setUp(self):
        self.tokenizer = train_tokenizer.Tokenizer.load()

    def test_words_are_cut_as_gpt2_does(self):
        cut = train_tokenizer.split_words
        self.assertEqual(["I", "'m", " 42", " ok", "!?"], cut("I'm 42 ok!?"))
        # A run of spaces leaves its last one to the word behind it, and only a space joins a word.
        self.assertEqual(["a", " ", " b", " ", "\n", "c", "  "], cut("a  b \nc  "))
        self.assertEqual(["a", "\n", "\n", "b"], cut("a\n\nb"))
        self.assertEqual(["12", " é", " '", "t"], cut("12 é 't"))
        self.assertEqual(["a", "1", "b", "²", " 3"], cut("a1b² 3"))

    def test_every_message_comes_back_from_its_tokens(self):
        for row in ROWS:
            text = generate_data.PROMPT.format(**row) + generate_data.COMPLETION.format(**row)
            self.assertEqual(text, self.tokenizer.decode(self.tokenizer.encode(text)))

    def test_any_text_comes_back_from_its_tokens(self):
        for text in ("", " ", "naïve café 日本 🙂\t\r\n", "".join(map(chr, range(1, 300)))):
            self.assertEqual(text, self.tokenizer.decode(self.tokenizer.encode(text)))

    def test_a_number_is_one_token_a_digit(self):
        self.assertEqual(["Ġ", "4", "0", "7"], [self.tokenizer.texts[i] for i in self.tokenizer.encode(" 407")])

    def test_merges_lead_to_vocabulary_entries(self):
        for left, right in self.tokenizer.ranks:
            self.assertIn(left + right, self.tokenizer.vocabulary)


class ModelFolderTest(unittest.TestCase):
    def setUp(self):
        self.config = json.loads((HERE / "model" / "config.json").read_text(encoding="utf-8"))
        data = (HERE / "model" / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        self.header = json.loads(data[8:8 + length])
        self.data_bytes = len(data) - 8 - length
        self.header_length = length

    def test_tensors_fill_the_file_without_gaps(self):
        self.assertEqual(0, self.header_length % 8)
        offset = 0
        for name in sorted(name for name in self.header if name != "__metadata__"):
            begin, end = self.header[name]["data_offsets"]
            elements = 1
            for size in self.header[name]["shape"]:
                elements *= size
            self.assertEqual((offset, offset + 2 * elements, "BF16"), (begin, end, self.header[name]["dtype"]))
            offset = end
        self.assertEqual(self.data_bytes, offset)

    def test_shapes_follow_the_config(self):
        hidden, head = self.config["hidden_size"], self.config["head_dim"]
        self.assertEqual([self.config["vocab_size"], hidden], self.header["model.embed_tokens.weight"]["shape"])
        prefix = f"model.layers.{self.config['num_hidden_layers'] - 1}."
        key = [self.config["num_key_value_heads"] * head, hidden]
        self.assertEqual(key, self.header[prefix + "self_attn.k_proj.weight"]["shape"])
        self.assertLess(self.config["num_key_value_heads"], self.config["num_attention_heads"])
        self.assertEqual(self.config["vocab_size"], len(train_tokenizer.Tokenizer.load().vocabulary))

    def test_the_folder_is_small(self):
        total = sum(path.stat().st_size for path in (HERE / "model").iterdir())
        self.assertLess(total, 8 * 1024 * 1024)


class ExpectedTest(unittest.TestCase):
    def test_the_promised_numbers_hold(self):
        expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
        scores = expected["scores"]
        self.assertGreaterEqual(scores["model"]["labels"], 90)
        for rule in ("keyword rule", "majority class"):
            self.assertGreaterEqual(scores["model"]["labels"] - scores[rule]["labels"], 20)

    def test_golden_prompts_are_rows_of_the_held_out_set(self):
        expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
        tokenizer = train_tokenizer.Tokenizer.load()
        messages = {row["custom_id"]: row for row in ROWS}
        for golden in expected["completions"]:
            prompt = generate_data.PROMPT.format(**messages[golden["custom_id"]])
            self.assertEqual(prompt, golden["prompt"])
            self.assertEqual([tokenizer.bos] + tokenizer.encode(prompt), golden["prompt_token_ids"])
            self.assertEqual(golden["text"], tokenizer.decode(golden["token_ids"]))


if __name__ == "__main__":
    unittest.main()
