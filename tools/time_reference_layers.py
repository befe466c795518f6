#!/usr/bin/env python3
"""Times the reference's layers on a GPU beside pleat's: the pair transition and the grid attention with tokamax, the kernel library
that AlphaFold 3 uses for its gated units and its attention.

usage: time_reference_layers.py FIGURES.json [--implementation NAME]

FIGURES.json is what `pleat bench --device cuda --parts kernels --json` wrote. Needs jax and tokamax (pip install "jax[cuda12]" tokamax)
and the same GPU. Prints milliseconds of both at each token count. Without a GPU only an implementation of tokamax that runs anywhere
(xla) works, and its times say nothing.
"""
import argparse
import json
import sys
import time

import jax
import jax.numpy as jnp
import tokamax

CHANNELS, HIDDEN, HEADS, WIDTH = 128, 512, 4, 32  # of AlphaFold 3's pair
RUNS = 5


def norm(x, scale, offset):
    x = x.astype(jnp.float32)
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x).mean(-1, keepdims=True) - jnp.square(mean)
    return ((x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + offset).astype(jnp.bfloat16)


def transition(pair, w, implementation):
    """pair + (swish(g) * v) W, (g, v) = LN(pair) V."""
    x = norm(pair, w['scale'], w['offset'])
    gated = tokamax.gated_linear_unit(x, w['gated'], activation=jax.nn.swish, implementation=implementation)
    return pair + gated @ w['out']


def grid_attention(pair, w, implementation):
    """pair + (sigmoid(g) * attention along the rows, with the pair's bias) W."""
    n = pair.shape[0]
    x = norm(pair, w['scale'], w['offset'])
    bias = jnp.moveaxis(x @ w['bias'], -1, 0)[None]  # [1, heads, N, N]
    q, k, v = ((x @ w[name]).reshape(n, n, HEADS, WIDTH) for name in ('q', 'k', 'v'))
    o = tokamax.dot_product_attention(q, k, v, bias=bias, implementation=implementation)
    gate = jax.nn.sigmoid((x @ w['gate']).astype(jnp.float32)).astype(jnp.bfloat16)
    return pair + (o.reshape(n, n, HEADS * WIDTH) * gate) @ w['attention_out']


def weights(key):
    shapes = {'scale': (CHANNELS,), 'offset': (CHANNELS,), 'gated': (CHANNELS, 2, HIDDEN), 'out': (HIDDEN, CHANNELS),
              'bias': (CHANNELS, HEADS), 'q': (CHANNELS, HEADS * WIDTH), 'k': (CHANNELS, HEADS * WIDTH),
              'v': (CHANNELS, HEADS * WIDTH), 'gate': (CHANNELS, HEADS * WIDTH),
              'attention_out': (HEADS * WIDTH, CHANNELS)}
    keys = dict(zip(shapes, jax.random.split(key, len(shapes))))
    return {name: (jax.random.normal(keys[name], shape) / shape[0] ** 0.5).astype(jnp.bfloat16)
            for name, shape in shapes.items()}


def milliseconds(layer, pair, w, implementation):
    run = jax.jit(lambda pair, w: layer(pair, w, implementation))
    run(pair, w).block_until_ready()  # compiles
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run(pair, w).block_until_ready()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('figures')
    parser.add_argument('--implementation')
    arguments = parser.parse_args()
    sys.argv = sys.argv[:1]  # tokamax reads flags of its own from it
    with open(arguments.figures, encoding='utf8') as file:
        figures = json.load(file)['device_figures']
    ours = {(f['what'], f['tokens']): 1e3 * f['seconds'] for f in figures if f['part'] == 'kernels'}
    key = jax.random.key(1)
    w = weights(key)
    print(f'{jax.devices()[0].device_kind}: milliseconds of a layer with its residual, bfloat16')
    print(f'{"layer":<18}{"tokens":>8}{"pleat":>10}{"reference":>11}{"ratio":>8}')
    for name, layer in {'transition': transition, 'grid attention': grid_attention}.items():
        for tokens in sorted({tokens for what, tokens in ours if what == name}):
            pair = jax.random.normal(key, (tokens, tokens, CHANNELS)).astype(jnp.bfloat16)
            reference = milliseconds(layer, pair, w, arguments.implementation)
            mine = ours[name, tokens]
            print(f'{name:<18}{tokens:>8}{mine:>10.3f}{reference:>11.3f}{mine / reference:>8.2f}')


if __name__ == '__main__':
    main()
