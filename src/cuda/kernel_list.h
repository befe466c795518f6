// Every kernel that is compiled: PLEAT_KERNELS(X) calls X(name, arguments, function, threads, shared bytes).
// Included by kernels.cu for the cards and by kernels.cc for the host.
#pragma once

#include "cuda/attention.h"
#include "cuda/conformance_kernels.h"
#include "cuda/product.h"
#include "cuda/rate_kernels.h"
#include "cuda/row_kernels.h"

#define PLEAT_PRODUCTS(X, name, A)                                               \
  X(product_##name, ProductArguments, (product<A, false>), kProductThreads,      \
    (ProductShape<A, false>::kSharedBytes))                                      \
  X(gated_product_##name, ProductArguments, (product<A, true>), kProductThreads, \
    (ProductShape<A, true>::kSharedBytes))

#define PLEAT_ATTENTIONS(X, name, A)                                                  \
  X(attention_##name##_16, AttentionArguments, (attention<A, 16>), kAttentionThreads, \
    (AttentionShape<A, 16>::kSharedBytes))                                            \
  X(attention_##name##_32, AttentionArguments, (attention<A, 32>), kAttentionThreads, \
    (AttentionShape<A, 32>::kSharedBytes))                                            \
  X(attention_##name##_48, AttentionArguments, (attention<A, 48>), kAttentionThreads, \
    (AttentionShape<A, 48>::kSharedBytes))

#define PLEAT_KERNELS(X)                                                                             \
  PLEAT_PRODUCTS(X, float32, Float32)                                                                \
  PLEAT_PRODUCTS(X, split, Split)                                                                    \
  PLEAT_PRODUCTS(X, tf32, Tf32)                                                                      \
  PLEAT_PRODUCTS(X, bfloat16, Bfloat16)                                                              \
  PLEAT_ATTENTIONS(X, float32, Float32)                                                              \
  PLEAT_ATTENTIONS(X, split, Split)                                                                  \
  PLEAT_ATTENTIONS(X, tf32, Tf32)                                                                    \
  PLEAT_ATTENTIONS(X, bfloat16, Bfloat16)                                                            \
  X(set_bonds, BondsArguments, (set_bonds), 256, 0)                                                  \
  X(pair_rows, PairRowsArguments, (pair_rows), 256, 0)                                               \
  X(template_rows, TemplateRowsArguments, (template_rows), 256, 0)                                   \
  X(add_distances, DistancesArguments, (add_distances), 256, 0)                                      \
  X(atom_rows, AtomRowsArguments, (atom_rows), 256, 0)                                               \
  X(tokens_to_atoms, TokensToAtomsArguments, (tokens_to_atoms), 256, 0)                              \
  X(token_means, TokenMeansArguments, (token_means), 256, 0)                                         \
  X(pair_features, PairFeaturesArguments, (pair_features), 256, 0)                                   \
  X(combine, CombineArguments, (combine), 256, 0)                                                    \
  X(normalise, NormArguments, (normalise), 256, 0)                                                   \
  X(softmax, SoftmaxArguments, (softmax), 256, 0)                                                    \
  X(count_chains, ChainSizesArguments, (count_chains), 256, 0)                                       \
  X(expect, ExpectArguments, (expect), 256, 0)                                                       \
  X(augment, AugmentArguments, (augment), 256, 256 * 3 * 4)                                          \
  X(update_positions, SamplerArguments, (update_positions), 256, 0)                                  \
  X(conform_numbers, ConformanceArguments, (conform_numbers), kConformanceThreads, (0))              \
  X(conform_reductions, ConformanceArguments, (conform_reductions), kConformanceThreads, (0))        \
  X(conform_copies, ConformanceArguments, (conform_copies), kConformanceThreads,                     \
    (2 * 16 * kConformanceThreads))                                                                  \
  X(conform_matrices, ConformanceArguments, (conform_matrices), kConformanceThreads,                 \
    (16 * kConformanceThreads))                                                                      \
  X(conform_bf16_products, ConformanceArguments, (conform_bf16_products), kConformanceThreads, (0))  \
  X(conform_tf32_products, ConformanceArguments, (conform_tf32_products), kConformanceThreads, (0))  \
  X(conform_float32_products, ConformanceArguments, (conform_float32_products), kConformanceThreads, \
    (4 * kFloatRows * kFloatStride))                                                                 \
  X(rate_bf16_products, RateArguments, (rate_bf16_products), kRateThreads, 0)                        \
  X(rate_tf32_products, RateArguments, (rate_tf32_products), kRateThreads, 0)                        \
  X(rate_float32_products, RateArguments, (rate_float32_products), kRateThreads, 0)                  \
  X(rate_exponentials, RateArguments, (rate_exponentials), kRateThreads, 0)                          \
  X(rate_copies, CopyRateArguments, (rate_copies), kRateThreads, 0)
