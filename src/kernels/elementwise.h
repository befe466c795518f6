// Row-wise and element-wise operations in float32. Serial; the caller keeps the block of rows in cache. `out`
// may be the input itself (same data, stride and storage) unless stated otherwise.
#pragma once

#include <cstdint>

#include "kernels/matrix.h"

namespace pleat::kernels {

// How a layer norm computes the variance: fast = mean(x^2) - mean(x)^2 (not clamped), slow = mean((x -
// mean)^2). The reference uses fast in the trunk and the confidence head, slow in everything conditioned.
enum class Variance { fast, slow };

// out = scale * (x - mean) / sqrt(variance + 1e-5) + offset over the columns of each row. Null scale: 1; null
// offset: 0.
void layer_norm(ConstStoredMat x, const float* scale, const float* offset, Variance variance, Mat out);

// out = gate * (x - mean) / sqrt(slow variance + 1e-5) + shift, gate and shift of x's shape.
void adaptive_layer_norm(ConstMat x, ConstMat gate, ConstMat shift, Mat out);

// x = sigmoid(x + bias), bias one value per column or null.
void sigmoid(Mat x, const float* bias);
// x *= sigmoid(gate); x *= gate * sigmoid(gate).
void sigmoid_multiply(ConstMat gate, Mat x);
void swish_multiply(ConstMat gate, Mat x);
// x = max(x, 0).
void relu(Mat x);
// x += a; x += a * b; x = x + row (one value per column). Rounds a sum stored in bfloat16 once.
void add(ConstMat a, StoredMat x);
void add_product(ConstMat a, ConstMat b, Mat x);
void add_row(const float* row, Mat x);
// x *= factor.
void multiply(float factor, Mat x);
// Softmax over the columns of each row.
void softmax(Mat x);
// out = x with every element rounded to the nearest bfloat16 (ties to even).
void round_to_bf16(ConstMat x, Mat out);

// out(c, r) = x(r, c). Must not overlap.
void transpose(ConstMat x, Mat out);
// out = x, rounded to the nearest bfloat16 if out stores bfloat16.
void copy(ConstStoredMat x, StoredMat out);

}  // namespace pleat::kernels
