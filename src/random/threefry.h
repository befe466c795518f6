// JAX's random numbers (jax 0.10, threefry2x32, partitionable): keys, bits, uniform, normal, gumbel.
// docs/specs/random.md, section 1.
#pragma once

#include <array>
#include <cstdint>

namespace pleat::random {

// A Threefry-2x32 key (or any pair of output words).
struct Key {
  uint32_t k0 = 0, k1 = 0;
  bool operator==(const Key&) const = default;
};

// Threefry-2x32 with 20 rounds of counter (c0, c1) under `key`.
Key threefry(Key key, uint32_t c0, uint32_t c1);

// jax.random.PRNGKey(seed) with 32-bit integers: (0, seed mod 2^32).
Key prng_key(uint64_t seed);
// jax.random.split(key, n)[i] = jax.random.fold_in(key, i), for any n.
Key split(Key key, uint32_t i);

// Element `flat` (row-major) of the arrays that jax.random draws from `key`; bits are uniform uint32.
uint32_t bits(Key key, uint64_t flat);
float uniform(Key key, uint64_t flat, float low, float high);
float normal(Key key, uint64_t flat);
float gumbel(Key key, uint64_t flat);

// normal(key, first), ..., normal(key, first + count - 1) into out.
void normals(Key key, uint64_t first, int64_t count, float* out);

}  // namespace pleat::random
