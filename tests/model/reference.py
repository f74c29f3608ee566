"""Writes vectors.jsonl: texts, and what another program makes of them.

The forward pass stands here a second time, in numpy and float64; the tokens are those of the
`tokenizers` package, set as sentence-transformers sets it (256 tokens, no padding).

    python3 -m venv venv && venv/bin/pip install numpy safetensors tokenizers
    venv/bin/python tests/model/reference.py FOLDER_OF_THE_MODEL tests/model/texts.json tests/model/vectors.jsonl
"""

import json
import math
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

folder, texts, out = sys.argv[1:]
weights = {name: tensor.astype(np.float64) for name, tensor in load_file(f"{folder}/model.safetensors").items()
           if tensor.dtype == np.float32}
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(256)
erf = np.vectorize(math.erf)


def linear(x, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)
    return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def heads(x):
    return x.reshape(len(x), 12, 32).transpose(1, 0, 2)


def encode(text):
    ids = tokenizer.encode(text).ids
    x = (weights["embeddings.word_embeddings.weight"][ids]
         + weights["embeddings.position_embeddings.weight"][: len(ids)]
         + weights["embeddings.token_type_embeddings.weight"][0])
    x = norm(x, "embeddings.LayerNorm")
    for i in range(6):
        layer = f"encoder.layer.{i}"
        q, k, v = (heads(linear(x, f"{layer}.attention.self.{n}")) for n in ("query", "key", "value"))
        a = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(32))
        a = (a / a.sum(-1, keepdims=True)) @ v
        a = linear(a.transpose(1, 0, 2).reshape(x.shape), f"{layer}.attention.output.dense")
        x = norm(x + a, f"{layer}.attention.output.LayerNorm")
        u = linear(x, f"{layer}.intermediate.dense")
        u = u * 0.5 * (1 + erf(u / math.sqrt(2)))
        x = norm(x + linear(u, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean), len(ids)


texts = json.load(open(texts, encoding="utf-8"))
vectors = [encode(text) for text in texts]
with open(out, "w", encoding="utf-8") as file:
    for n, (text, (vector, tokens)) in enumerate(zip(texts, vectors)):
        cosine = float(vector @ vectors[(n + 1) % len(vectors)][0])
        row = {"text": text, "tokens": tokens, "head": [round(float(x), 6) for x in vector[:8]], "next": round(cosine, 6)}
        file.write(json.dumps(row) + "\n")
