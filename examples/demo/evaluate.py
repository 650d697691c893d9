#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the demo model over the held-out messages and compares it with two simple rules.

Decoding is greedy, in float32 over the committed bfloat16 weights. The labels of a row are its topic and
its urgency; each counts as one.

    python3 evaluate.py                      prints the table and writes expected.json
"""

import argparse
import collections
import json
import random
import re
from pathlib import Path

import torch

import generate_data
import llama
import train_tokenizer

HERE = Path(__file__).resolve().parent
MAX_TOKENS = 64
GOLDEN_ROWS = 20


def generate(model, tokenizer, messages, batch_size=64):
    """Returns (token ids without the end token, smallest gap between best and second logit) per message.

    Prompts of one length share a batch, so that no padding is needed and a row never sees another one.
    """
    prompts = [[tokenizer.bos] + tokenizer.encode(generate_data.PROMPT.format(message=text)) for text in messages]
    by_length = collections.defaultdict(list)
    for index, prompt in enumerate(prompts):
        by_length[len(prompt)].append(index)
    results = [None] * len(prompts)
    with torch.no_grad():
        for indices in by_length.values():
            for at in range(0, len(indices), batch_size):
                part = indices[at:at + batch_size]
                ids = torch.tensor([prompts[index] for index in part])
                gaps = torch.full((len(part),), float("inf"))
                open_rows = torch.ones(len(part), dtype=torch.bool)
                for _ in range(MAX_TOKENS):
                    top = model.logits(model(ids)[:, -1]).topk(2)
                    gap = top.values[:, 0] - top.values[:, 1]
                    gaps = torch.where(open_rows, torch.minimum(gaps, gap), gaps)
                    ids = torch.cat((ids, top.indices[:, :1]), dim=1)
                    open_rows &= top.indices[:, 0] != tokenizer.eos
                    if not open_rows.any():
                        break
                for row, index in enumerate(part):
                    output = ids[row, len(prompts[index]):].tolist()
                    if tokenizer.eos in output:
                        output = output[:output.index(tokenizer.eos)]
                    results[index] = (output, gaps[row].item())
    return results


def parse(text):
    """Reads 'billing\\nUrgency: high\\nSummary: ...' as far as it is there."""
    lines = [line.strip() for line in text.strip().split("\n")]
    answer = {"topic": lines[0], "urgency": "", "summary": ""}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        answer[name.strip().lower()] = value.strip()
    return answer


def keyword_label(rule, message):
    """The label whose words occur most often; the first one listed wins a tie."""
    best, best_hits = rule["default"], 0
    for label, words in rule["labels"].items():
        hits = sum(len(re.findall(r"(?<!\w)" + re.escape(word) + r"(?!\w)", message.lower())) for word in words)
        if hits > best_hits:
            best, best_hits = label, hits
    return best


def score(rows, answers):
    """Share of right answers in percent; labels counts topics and urgencies together."""
    right = {name: [a.get(name) == r[name] for r, a in zip(rows, answers)] for name in ("topic", "urgency", "summary")}
    both = [t and u for t, u in zip(right["topic"], right["urgency"])]
    share = lambda hits: round(100 * sum(hits) / len(hits), 1)
    return {
        "labels": share(right["topic"] + right["urgency"]),
        "topic": share(right["topic"]),
        "urgency": share(right["urgency"]),
        "both": share(both),
        "summary": share(right["summary"]),
    }


def baselines(rows):
    rules = json.loads((HERE / "keywords.json").read_text(encoding="utf-8"))
    keyword = [{name: keyword_label(rules[name], row["message"]) for name in ("topic", "urgency")} for row in rows]
    common = {name: collections.Counter(row[name] for row in rows).most_common(1)[0][0] for name in ("topic", "urgency")}
    scores = {"keyword rule": score(rows, keyword), "majority class": score(rows, [common] * len(rows))}
    for numbers in scores.values():
        # The rules write no summary.
        del numbers["summary"]
    return scores


def print_table(scores):
    print(f"{'':16}{'labels':>8}{'topic':>8}{'urgency':>9}{'both':>7}{'summary':>9}")
    for name, numbers in scores.items():
        summary = f"{numbers['summary']:9.1f}" if "summary" in numbers else ""
        print(f"{name:16}{numbers['labels']:8.1f}{numbers['topic']:8.1f}{numbers['urgency']:9.1f}{numbers['both']:7.1f}{summary}")


def write_expected(rows, outputs, tokenizer, scores):
    """The scores, and completions that another engine must repeat token by token.

    Rows are taken where the second best token was far behind at every step, so that rounding cannot turn one.
    """
    clear = sorted(range(len(rows)), key=lambda index: -outputs[index][1])[: len(rows) // 2]
    chosen = sorted(random.Random(11).sample(clear, GOLDEN_ROWS))
    completions = []
    for index in chosen:
        prompt = generate_data.PROMPT.format(message=rows[index]["message"])
        ids, gap = outputs[index]
        completions.append({
            "custom_id": rows[index]["custom_id"],
            "prompt": prompt,
            "prompt_token_ids": [tokenizer.bos] + tokenizer.encode(prompt),
            "token_ids": ids,
            "text": tokenizer.decode(ids),
            "smallest_logit_gap": round(gap, 3),
        })
    note = "Greedy decoding in float32 over the bfloat16 weights; the end token is left out of token_ids."
    expected = {"note": note, "rows": len(rows), "scores": scores, "completions": completions}
    text = json.dumps(expected, indent=1)
    # One line for each list of numbers keeps the file readable.
    text = re.sub(r"\[\s+(\d[\d,\s]*?)\s+\]", lambda match: "[" + " ".join(match.group(1).split()) + "]", text)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=HERE / "model")
    parser.add_argument("--development", action="store_true", help="use the templates that train.py --development keeps")
    parser.add_argument("--mistakes", type=int, default=0, help="print this many wrong rows")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = train_tokenizer.Tokenizer.load()
    model = llama.load(options.model)
    if options.development:
        from train import is_development
        rng = random.Random(3)
        writer = generate_data.Writer(generate_data.Grammar.load("train", is_development), rng)
        rows = [writer.row(intent) for intent in writer.grammar.intents for _ in range(20)]
    else:
        rows = [json.loads(line) for line in (HERE / "messages.jsonl").read_text(encoding="utf-8").splitlines()]
    outputs = generate(model, tokenizer, [row["message"] for row in rows])
    answers = [parse(tokenizer.decode(ids)) for ids, _ in outputs]
    scores = {"model": score(rows, answers), **baselines(rows)}
    print(f"{len(rows)} messages, share of right answers in percent")
    print_table(scores)
    if options.model == HERE / "model" and not options.development:
        write_expected(rows, outputs, tokenizer, scores)
    for row, answer in zip(rows, answers):
        if options.mistakes and any(answer[name] != row[name] for name in ("topic", "urgency", "summary")):
            options.mistakes -= 1
            print(row["message"])
            for name in ("topic", "urgency", "summary"):
                if answer[name] != row[name]:
                    print(f"    {name}: {answer[name]} (should be {row[name]})")


if __name__ == "__main__":
    main()
