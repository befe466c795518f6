#include "cuda/backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "cuda/views.h"
#include "tensor/dtype.h"

namespace pleat::cuda {
namespace {

constexpr int64_t kThreads = 256, kWarps = 8;  // of kernels with one element per thread, or one row per warp

int64_t blocks_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

}  // namespace

Grid CudaBackend::thread_grid(int64_t elements) { return {blocks_of(elements, kThreads), 1, 1}; }
Grid CudaBackend::warp_grid(int64_t rows) { return {blocks_of(rows, kWarps), 1, 1}; }

CudaBackend::CudaBackend(std::unique_ptr<Device> device, int64_t max_memory, Pieces pieces,
                         int64_t host_memory)
    : device_(std::move(device)), memory_(*device_), pieces_(pieces), host_memory_(host_memory) {
  memory_.set_limit(max_memory);
}

// --- Memory and transfers

Array CudaBackend::make(int64_t rows, int64_t cols, Type type, Location location) {
  const int64_t bytes = rows * cols * bytes_of(type);
  const auto kind = location == Location::host ? DeviceElements::Kind::on_host : DeviceElements::Kind::own;
  auto elements = std::make_unique<DeviceElements>(memory_, bytes, kind);
  if (bytes > 0) device_->zero(elements->bytes(), bytes);
  return {rows, cols, type, std::move(elements)};
}

Array CudaBackend::temporary(int64_t rows, int64_t cols, Type type) {
  return {rows, cols, type,
          std::make_unique<DeviceElements>(memory_, rows * cols * bytes_of(type),
                                           DeviceElements::Kind::temporary)};
}

namespace {

template <class T>
Array uploaded(Device& device, Memory& memory, const Tensor<T>& values, Type type) {
  const int64_t cols = values.dim(-1), bytes = static_cast<int64_t>(values.values().size_bytes());
  auto elements = std::make_unique<DeviceElements>(memory, bytes, DeviceElements::Kind::own);
  if (bytes > 0) device.upload(values.data(), elements->bytes(), bytes);
  return {cols == 0 ? 0 : values.size() / cols, cols, type, std::move(elements)};
}

}  // namespace

Array CudaBackend::upload(const Tensor<float>& values) {
  return uploaded(*device_, memory_, values, Type::float32);
}

Array CudaBackend::upload(const Tensor<int32_t>& values) {
  return uploaded(*device_, memory_, values, Type::int32);
}

void CudaBackend::update(const Tensor<float>& values, Array& x) {
  PLEAT_ASSERT(values.size() == x.size());
  if (x.size() > 0)
    device_->upload(values.data(), reinterpret_cast<std::byte*>(floats(x)), x.size() * bytes_of(x.type()));
}

void CudaBackend::download(const Array& x, Tensor<float>& out, int64_t first) {
  PLEAT_ASSERT(first + x.size() <= out.size());
  if (x.size() == 0) return;
  if (x.type() == Type::float32)
    return device_->download(bytes_at(x), out.data() + first, x.size() * bytes_of(x.type()));
  PLEAT_ASSERT(x.type() == Type::bfloat16);
  auto bf16 = Tensor<uint16_t>::uninitialised({x.size()});
  device_->download(bytes_at(x), bf16.data(), x.size() * bytes_of(x.type()));
  for (int64_t i = 0; i < x.size(); ++i) out[first + i] = from_bf16(bf16[i]);
}

Linear CudaBackend::pack(const Tensor<float>& weights, Arithmetic arithmetic) {
  PLEAT_ASSERT(weights.rank() == 2);
  const int64_t depth = weights.dim(0), cols = weights.dim(1), stride = packed_stride(depth);
  const int64_t bytes = packed_size(depth, cols, arithmetic);
  Tensor<std::byte> packed({bytes});
  for (int64_t n = 0; n < cols; ++n)
    for (int64_t k = 0; k < depth; ++k) {
      const float x = weights(k, n);
      const int64_t at = n * stride + k;
      auto* floats = reinterpret_cast<float*>(packed.data()) + at;
      auto* halves = reinterpret_cast<uint16_t*>(packed.data()) + at;
      if (arithmetic == Arithmetic::float32) store_operand(Float32(), floats, 0, x);
      if (arithmetic == Arithmetic::tf32) store_operand(Tf32(), floats, 0, x);
      if (arithmetic == Arithmetic::bfloat16) store_operand(Bfloat16(), halves, 0, x);
      if (arithmetic == Arithmetic::split) store_operand(Split(), halves, stride * cols, x);
    }
  auto held = std::make_unique<PackedWeights>(memory_, bytes);
  if (bytes > 0) device_->upload(packed.data(), held->elements.bytes(), bytes);
  return {depth, cols, arithmetic, std::move(held)};
}

void CudaBackend::release_unused() { memory_.trim(); }

// --- For the memory plan

int64_t CudaBackend::packed_bytes(int64_t rows, int64_t cols, Arithmetic arithmetic) const {
  return packed_size(rows, cols, arithmetic);
}

int64_t CudaBackend::piece_of(int64_t rows, int64_t bytes_of_row) const {
  return std::clamp<int64_t>(pieces_.bytes / bytes_of_row, 1, std::max<int64_t>(rows, 1));
}

void CudaBackend::require(int64_t channels, int64_t most, const char* of_what) const {
  if (channels <= most) return;
  throw Error(device_->description(),
              fmt::format("this network's {} {} channels; the GPU's kernels take at most {}", of_what,
                          channels, most),
              "Use --device cpu.");
}

// --- Launches

void CudaBackend::multiply(const ProductArguments& product, Arithmetic arithmetic, int64_t batch) {
  const bool gated = product.right[1].data != nullptr;
  launch(product_kernel(arithmetic, gated),
         {blocks_of(product.rows, kProductRows), blocks_of(product.cols, kProductCols), batch}, product);
}

namespace {

// out = x, rows of x repeated.
CombineArguments combination(const Array& x, const Array& out) {
  CombineArguments p;
  p.x = bytes_at(x);
  p.out = bytes_at(out);
  p.x_stored = stored(x.type());
  p.out_stored = stored(out.type());
  p.rows = out.rows();
  p.cols = x.cols();
  p.x_stride = x.cols();
  p.out_stride = out.cols();
  p.x_period = static_cast<uint32_t>(std::max<int64_t>(x.rows(), 1));
  return p;
}

}  // namespace

void CudaBackend::combine(const Array& x, Array& out, bool accumulate, float factor) {
  CombineArguments p = combination(x, out);
  p.factor = factor;
  p.accumulate = accumulate;
  launch(combine_kernel(), thread_grid(p.rows * p.cols), p);
}

void CudaBackend::normalise(const Array& x, const LayerNorm& norm, Array& out) {
  NormArguments p;
  p.x = bytes_at(x);
  p.out = bytes_at(out);
  p.x_stored = stored(x.type());
  p.out_stored = stored(out.type());
  p.rows = x.rows();
  p.cols = x.cols();
  p.scale = values(norm.scale);
  p.offset = values(norm.offset);
  p.fast_variance = norm.variance == ops::Variance::fast;
  launch(normalise_kernel(), warp_grid(p.rows), p);
}

// --- Rows

void CudaBackend::copy(const Array& x, Array& out) {
  PLEAT_ASSERT(x.rows() == out.rows() && x.cols() == out.cols());
  combine(x, out, false);
}

void CudaBackend::add(const Array& x, Array& act) {
  PLEAT_ASSERT(x.rows() == act.rows() && x.cols() == act.cols());
  combine(x, act, true);
}

void CudaBackend::add_to_each(const Array& x, Array& act) {
  PLEAT_ASSERT(act.rows() % x.rows() == 0 && x.cols() == act.cols());
  combine(x, act, true);
}

Array CudaBackend::repeat(const Array& x, int64_t groups) {
  Array out = temporary(groups * x.rows(), x.cols());
  combine(x, out, false);
  return out;
}

Array CudaBackend::concatenate(const Array& a, const Array& b) {
  PLEAT_ASSERT(a.rows() == b.rows());
  Array out = temporary(a.rows(), a.cols() + b.cols());
  int64_t first = 0;
  for (const Array* x : {&a, &b}) {
    CombineArguments p;
    p.x = floats(*x);
    p.out = floats(out) + first;
    p.rows = x->rows();
    p.cols = p.x_stride = x->cols();
    p.out_stride = out.cols();
    launch(combine_kernel(), thread_grid(p.rows * p.cols), p);
    first += x->cols();
  }
  return out;
}

Array CudaBackend::scale(float factor, const Array& x) {
  Array out = temporary(x.rows(), x.cols());
  combine(x, out, false, factor);
  return out;
}

Array CudaBackend::norm(const Array& x, const LayerNorm& norm) {
  Array out = temporary(x.rows(), x.cols());
  normalise(x, norm, out);
  return out;
}

void CudaBackend::norm_in_place(const LayerNorm& norm, Array& act) { normalise(act, norm, act); }

Array CudaBackend::linear(const Array& x, const Linear& w) {
  Array out = temporary(x.rows(), w.cols());
  ProductArguments p = product_of(x, w);
  put(out, p);
  multiply(p, w.arithmetic());
  return out;
}

void CudaBackend::add_linear(const Array& x, const Linear& w, Array& act) {
  ProductArguments p = product_of(x, w);
  put(act, p);
  p.after.accumulate = true;
  multiply(p, w.arithmetic());
}

Array CudaBackend::norm_linear(const Array& x, const LayerNorm& norm, const Linear& w) {
  Array out = temporary(x.rows(), w.cols());
  ProductArguments p = product_of(x, w);
  apply(norm, p.left[0]);
  put(out, p);
  multiply(p, w.arithmetic());
  return out;
}

void CudaBackend::transition(const Transition& weights, Array& act) {
  const Linear& output = weights.transition2;
  const Type type = operand_type(output.arithmetic());
  const int64_t piece = piece_of(act.rows(), output.rows() * bytes_of(type));
  const Array hidden = temporary(piece, output.rows(), type);
  for_pieces(act.rows(), piece, [&](int64_t first, int64_t count) {
    ProductArguments inner = gated_product_of(act, first, count, weights.transition1, Gate::swish);
    apply(weights.input_layer_norm, inner.left[0]);
    put(hidden, inner);
    multiply(inner, weights.transition1.gate.arithmetic());
    ProductArguments outer = product_of(hidden, 0, count, output);
    put(act, outer, first);
    outer.after.accumulate = true;
    multiply(outer, output.arithmetic());
  });
}

// --- Sampler

void CudaBackend::augment(const Array& transforms, const Array& noise, const Array& numbers,
                          Array& positions) {
  AugmentArguments p;
  p.atoms = positions.rows() / transforms.rows();
  p.transforms = floats(transforms);
  p.noise = floats(noise);
  p.noise_scale = floats(numbers, ops::kNoiseScale);
  p.positions = floats(positions);
  launch(augment_kernel(), {transforms.rows(), 1, 1}, p);
}

Array CudaBackend::network_input(const Array& numbers, const Array& positions) {
  Array out = temporary(positions.rows(), positions.cols());
  CombineArguments p = combination(positions, out);
  p.factor_at = floats(numbers, ops::kInputScale);
  launch(combine_kernel(), thread_grid(p.rows * p.cols), p);
  return out;
}

void CudaBackend::sampler_update(const Array& update, const Array& numbers, Array& positions) {
  SamplerArguments p;
  p.count = positions.size();
  p.update = floats(update);
  p.numbers = floats(numbers);
  p.positions = floats(positions);
  launch(update_positions_kernel(), thread_grid(p.count), p);
}

}  // namespace pleat::cuda
