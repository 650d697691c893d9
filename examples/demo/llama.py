# SPDX-License-Identifier: Apache-2.0
"""The Llama architecture in plain PyTorch, and a model folder in Hugging Face form.

Names, shapes and arithmetic are those of Hugging Face's LlamaForCausalLM: RMSNorm, rotary positions over
the two halves of a head, grouped-query attention, SwiGLU, output weights tied to the embedding.
"""

import json
import math
import struct
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

SAFETENSORS_TYPES = {torch.bfloat16: "BF16", torch.float32: "F32"}


class Config:
    """The numbers of config.json that the forward pass needs."""

    def __init__(self, **values):
        self.hidden_size = values["hidden_size"]
        self.intermediate_size = values["intermediate_size"]
        self.num_hidden_layers = values["num_hidden_layers"]
        self.num_attention_heads = values["num_attention_heads"]
        self.num_key_value_heads = values["num_key_value_heads"]
        self.head_dim = values["head_dim"]
        self.vocab_size = values["vocab_size"]
        self.rms_norm_eps = values["rms_norm_eps"]
        self.rope_theta = values["rope_theta"]


class RmsNorm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def rotate(x, cos, sin):
    """x: [batch, heads, length, head_dim]; the first half of a head is paired with the second half."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads, config.num_key_value_heads, config.head_dim)
        self.q_proj = nn.Linear(config.hidden_size, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, config.hidden_size, bias=False)

    def forward(self, x, cos, sin, mask):
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        group = self.heads // self.kv_heads
        k = rotate(k, cos, sin).repeat_interleave(group, dim=1)
        v = v.repeat_interleave(group, dim=1)
        scores = rotate(q, cos, sin) @ k.transpose(2, 3) / math.sqrt(self.head_dim) + mask
        out = torch.softmax(scores, dim=-1) @ v
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config, dropout):
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Mlp(config)
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, cos, sin, mask):
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin, mask))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))


class Decoder(nn.Module):
    def __init__(self, config, dropout):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_hidden_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)


class Llama(nn.Module):
    def __init__(self, config, dropout=0.0):
        super().__init__()
        self.config = config
        self.model = Decoder(config, dropout)
        self.dropout = nn.Dropout(dropout)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                scale = 0.02
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    scale /= math.sqrt(2 * config.num_hidden_layers)
                nn.init.normal_(parameter, std=scale)

    def forward(self, ids):
        """ids: [batch, length]. Returns the hidden states [batch, length, hidden] before the output weights.

        Rows are padded on the right, so that the causal mask is the only one needed.
        """
        length = ids.shape[1]
        half = torch.arange(0, self.config.head_dim, 2).float() / self.config.head_dim
        angles = torch.outer(torch.arange(length).float(), 1.0 / self.config.rope_theta ** half)
        cos, sin = torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = self.dropout(self.model.embed_tokens(ids))
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        return self.model.norm(x)

    def logits(self, hidden):
        return hidden @ self.model.embed_tokens.weight.t()


def save_safetensors(path, tensors):
    """Writes the format by hand: header length, JSON header padded with spaces to 8 bytes, data."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        # numpy knows no bfloat16; its bits travel as 16-bit integers.
        bits = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
        blob = bits.numpy().tobytes()
        header[name] = {
            "dtype": SAFETENSORS_TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load_safetensors(path):
    """Returns {name: float32 tensor} of a file that save_safetensors wrote."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            bits = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.int16)
            tensors[name] = bits.view(torch.bfloat16).reshape(entry["shape"]).float()
    return tensors


def load(folder):
    """Loads a model folder; the arithmetic is float32 over the stored bfloat16 weights."""
    config = Config(**json.loads((Path(folder) / "config.json").read_text(encoding="utf-8")))
    model = Llama(config)
    model.load_state_dict(load_safetensors(Path(folder) / "model.safetensors"))
    return model.eval()
