#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the demo model and writes model/ in Hugging Face form (bfloat16 weights).

Messages are generated as training goes, so hardly one is seen twice. The loss counts the completion only.

    python3 train.py                         the committed model
    python3 train.py --development --minutes 5 --out /tmp/try
                                             keeps every sixth training template for evaluation, so that
                                             settings can be compared without a look at the held-out set
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from torch.nn import functional

import generate_data
import llama
import train_tokenizer

HERE = Path(__file__).resolve().parent
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": 1536,
    "max_position_embeddings": 512,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "mlp_bias": False,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "initializer_range": 0.02,
    "use_cache": True,
    "bos_token_id": 0,
    "eos_token_id": 1,
}
PEAK_RATE = 8e-3
WARM_UP_STEPS = 50
# The last part of the training, in which the rate falls to nothing.
FALL = 0.5
DECAY = 0.1
DROPOUT = 0.05
BATCH = 32
# Rows of a pool are sorted by length before they become batches, which saves most of the padding.
POOL_BATCHES = 32
# Share of training messages with left-out and replaced words.
NOISE = 0.35
AVERAGE_STEPS = 200


def is_development(section, index):
    return index % 6 == 3


class Source:
    """An endless supply of batches of training messages."""

    def __init__(self, grammar, tokenizer, seed):
        self.rng = random.Random(seed)
        self.writer = generate_data.Writer(grammar, self.rng, NOISE)
        self.tokenizer = tokenizer
        self.intents = list(grammar.intents)
        self.batches = []

    def next(self):
        """Returns ids [rows, length], and per row the first position of the completion and of the padding."""
        if not self.batches:
            rows = sorted((self._row() for _ in range(POOL_BATCHES * BATCH)), key=lambda row: len(row[0]))
            self.batches = [rows[at:at + BATCH] for at in range(0, len(rows), BATCH)]
            self.rng.shuffle(self.batches)
        batch = self.batches.pop()
        length = max(len(ids) for ids, _ in batch)
        eos = self.tokenizer.eos
        ids = torch.tensor([ids + [eos] * (length - len(ids)) for ids, _ in batch])
        used = torch.tensor([len(ids) for ids, _ in batch])
        return ids, torch.tensor([start for _, start in batch]), used

    def _row(self):
        row = self.writer.row(self.rng.choice(self.intents))
        prompt = self.tokenizer.encode(generate_data.PROMPT.format(**row))
        completion = self.tokenizer.encode(generate_data.COMPLETION.format(**row))
        return [self.tokenizer.bos] + prompt + completion + [self.tokenizer.eos], 1 + len(prompt)


def loss_of(model, batch):
    """The mean loss of the completions' tokens; the messages are given, not learnt."""
    ids, starts, used = batch
    position = torch.arange(1, ids.shape[1])
    counted = (position >= starts[:, None]) & (position < used[:, None])
    logits = model.logits(model(ids[:, :-1])[counted])
    return functional.cross_entropy(logits, ids[:, 1:][counted])


class Muon:
    """Momentum whose step is made orthogonal, for the matrices of the layers (Jordan et al., 2024).

    It needs about half the messages that AdamW needs here, for a fifth more time a step.
    """

    def __init__(self, matrices, decay):
        self.momentum = [(matrix, torch.zeros_like(matrix)) for matrix in matrices]
        self.decay = decay

    @torch.no_grad()
    def step(self, rate):
        for matrix, velocity in self.momentum:
            velocity.mul_(0.95).add_(matrix.grad)
            update = self._orthogonal(matrix.grad + 0.95 * velocity)
            # The root keeps the size of a weight's change alike in wide and in tall matrices.
            scale = 0.2 * math.sqrt(max(matrix.shape))
            matrix.mul_(1 - rate * self.decay).sub_(update, alpha=rate * scale)

    @staticmethod
    def _orthogonal(matrix):
        tall = matrix.shape[0] > matrix.shape[1]
        x = matrix.t() if tall else matrix
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            gram = x @ x.t()
            x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
        return x.t() if tall else x


class Average:
    """The running mean of the weights; it generalises better than the last weights."""

    def __init__(self, model):
        self.state = {name: value.clone() for name, value in model.state_dict().items()}

    def update(self, model, step):
        keep = min(1 - 1 / AVERAGE_STEPS, step / (step + 10))
        for name, value in model.state_dict().items():
            self.state[name].lerp_(value, 1 - keep)


def train(options, tokenizer):
    keep = (lambda s, i: not is_development(s, i)) if options.development else (lambda s, i: True)
    grammar = generate_data.Grammar.load("train", keep)
    grammar.check_disjoint(generate_data.Grammar.load("heldout"))
    source = Source(grammar, tokenizer, options.seed)
    torch.manual_seed(options.seed)
    model = llama.Llama(llama.Config(**CONFIG), dropout=DROPOUT).train()
    inner = [p for p in model.model.layers.parameters() if p.dim() == 2]
    outer = [p for p in model.parameters() if p.dim() != 2] + [model.model.embed_tokens.weight]
    optimizer = torch.optim.AdamW(outer, weight_decay=0.0, betas=(0.9, 0.98), foreach=True)
    muon = Muon(inner, DECAY)
    average = Average(model)
    started = time.time()
    running, tokens = 0.0, 0
    step = 0
    while True:
        # With --minutes the schedule follows the clock, otherwise the number of steps.
        done = (time.time() - started) / 60 / options.minutes if options.minutes else step / options.steps
        if done >= 1:
            break
        rate = PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS, (1 - done) / FALL)
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = source.next()
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        muon.step(rate)
        step += 1
        average.update(model, step)
        running = loss.item() if step == 1 else 0.98 * running + 0.02 * loss.item()
        tokens += int(batch[2].sum())
        if step % 100 == 0:
            seconds = time.time() - started
            print(f"step {step} loss {running:.3f} rate {rate:.5f} {tokens / seconds:.0f} tokens/s {seconds:.0f} s", flush=True)
    print(f"{step} steps, {step * BATCH} messages, {tokens} tokens, {time.time() - started:.0f} s")
    model.load_state_dict(average.state)
    return model


def write_model(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.to(torch.bfloat16) for name, value in model.state_dict().items()}
    llama.save_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")
    generation = {"bos_token_id": CONFIG["bos_token_id"], "eos_token_id": CONFIG["eos_token_id"], "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n", encoding="utf-8")
    parameters = sum(value.numel() for value in model.parameters())
    print(f"{folder}: {parameters} parameters, {(folder / 'model.safetensors').stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, help="train by the clock instead of by --steps")
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE / "model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = train_tokenizer.Tokenizer.load()
    model = train(options, tokenizer)
    write_model(model, options.out)


if __name__ == "__main__":
    main()
