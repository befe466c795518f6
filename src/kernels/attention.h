// Attention of one head over blocks of queries; holds the logits of one block at a time.
#pragma once

#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/matrix.h"

namespace pleat::kernels {

// out = softmax(scale * Q K^T + bias) V, softmax over the keys, in float32.
// q [Q, D]; keys_t: K^T packed, [D, L]; values: V packed, [L, D']; bias [Q, L], or no data for none; out [Q,
// D']. `logits` is scratch for min(Q, 48) * L floats. out must not overlap the inputs. Serial.
void attention(ConstMat q, PackedView keys_t, PackedView values, float scale, ConstMat bias, Mat out,
               float* logits);

}  // namespace pleat::kernels
