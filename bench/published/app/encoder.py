"""BERT with a head for classification, layer by layer as its paper has it (Devlin et al., arXiv:1810.04805)."""

import math

import torch
from torch import nn


class BertClassifier(nn.Module):
    """Takes token ids [batch, tokens] without padding; gives logits [batch, labels]."""

    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        epsilon = config["layer_norm_eps"]
        self.embeddings = Embeddings(config, hidden, epsilon)
        self.layers = nn.ModuleList(Layer(config, hidden, epsilon) for _ in range(config["num_hidden_layers"]))
        self.pooler = nn.Linear(hidden, hidden)
        self.classifier = nn.Linear(hidden, len(config["id2label"]))

    def forward(self, ids):
        states = self.embeddings(ids)
        for layer in self.layers:
            states = layer(states)
        return self.classifier(torch.tanh(self.pooler(states[:, 0])))


class Embeddings(nn.Module):
    def __init__(self, config, hidden, epsilon):
        super().__init__()
        self.word = nn.Embedding(config["vocab_size"], hidden)
        self.position = nn.Embedding(config["max_position_embeddings"], hidden)
        self.token_type = nn.Embedding(config["type_vocab_size"], hidden)
        self.norm = nn.LayerNorm(hidden, eps=epsilon)

    def forward(self, ids):
        positions = torch.arange(ids.shape[1])
        # One text: every token is of the first type.
        return self.norm(self.word(ids) + self.token_type.weight[0] + self.position(positions))


class Layer(nn.Module):
    def __init__(self, config, hidden, epsilon):
        super().__init__()
        self.attention = Attention(hidden, config["num_attention_heads"])
        self.attention_norm = nn.LayerNorm(hidden, eps=epsilon)
        self.intermediate = nn.Linear(hidden, config["intermediate_size"])
        self.output = nn.Linear(config["intermediate_size"], hidden)
        self.norm = nn.LayerNorm(hidden, eps=epsilon)

    def forward(self, states):
        middle = self.attention_norm(self.attention(states) + states)
        return self.norm(self.output(nn.functional.gelu(self.intermediate(middle))) + middle)


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.size = hidden // heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, hidden)

    def forward(self, states):
        batch, tokens, hidden = states.shape

        def by_head(projected):
            return projected.view(batch, tokens, self.heads, self.size).transpose(1, 2)

        query, key, value = (by_head(part(states)) for part in (self.query, self.key, self.value))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.size)
        context = torch.matmul(torch.softmax(scores, dim=-1), value)
        return self.output(context.transpose(1, 2).reshape(batch, tokens, hidden))
