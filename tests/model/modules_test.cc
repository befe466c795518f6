#include "model/modules.h"

#include "kernels/isa.h"
#include "tests/model/stages.h"

namespace pleat {
namespace {

using test::difference;
using test::expect_close;
using test::Stages;

// The pair layers of one stack: where their parameters are and what the reference calls their outputs.
struct Stack {
  std::string parameters, outputs;
};

const Stack kStacks[] = {
    {"diffuser/evoformer/__layer_stack_no_per_layer/msa_stack", "msa_stack"},
    {"diffuser/evoformer/template_embedding/single_template_embedding/__layer_stack_no_per_layer/"
     "template_embedding_iteration",
     "template_embedding_iteration"},
    {"diffuser/confidence_head/__layer_stack_no_per_layer/confidence_pairformer", "confidence_pairformer"},
};

class PairLayer : public testing::Test {
 protected:
  // apply(context, reader, pair) adds layer `name`; its input norm is `norm`.
  template <class Apply>
  void check(const std::string& name, const std::string& norm, Apply apply) {
    PLEAT_REQUIRE_SHARED(shared);
    const Stages& stages = Stages::get();
    ThreadPool pool(2);
    const Context context(pool, Arithmetic::float32);
    for (const Stack& stack : kStacks) {
      const ParameterReader reader = ParameterReader(stages.parameters, stack.parameters).layer(0).in(name);
      const std::string module = stack.outputs + "/" + name;
      const Tensor<float> before = stages.before_norm(module + "/" + norm, reader.layer_norm(norm), 2);
      Tensor<float> pair = before;
      apply(context, reader, stages.batch.tokens, matrix(pair));
      expect_close(difference(pair, before), stages.output(module, 2), module);
    }
  }
};

TEST_F(PairLayer, TriangleMultiplicationOutgoing) {
  check("triangle_multiplication_outgoing", "left_norm_input",
        [](const Context& context, const ParameterReader& reader, int64_t n, Mat pair) {
          TriangleMultiplication(reader, Triangle::outgoing)(context, n, pair);
        });
}

TEST_F(PairLayer, TriangleMultiplicationIncoming) {
  check("triangle_multiplication_incoming", "left_norm_input",
        [](const Context& context, const ParameterReader& reader, int64_t n, Mat pair) {
          TriangleMultiplication(reader, Triangle::incoming)(context, n, pair);
        });
}

TEST_F(PairLayer, GridSelfAttentionAlongRows) {
  check("pair_attention1", "act_norm",
        [](const Context& context, const ParameterReader& reader, int64_t n, Mat pair) {
          GridSelfAttention(reader, false)(context, n, pair);
        });
}

TEST_F(PairLayer, GridSelfAttentionAlongColumns) {
  check("pair_attention2", "act_norm",
        [](const Context& context, const ParameterReader& reader, int64_t n, Mat pair) {
          GridSelfAttention(reader, true)(context, n, pair);
        });
}

TEST_F(PairLayer, Transition) {
  check("pair_transition", "input_layer_norm",
        [](const Context& context, const ParameterReader& reader, int64_t, Mat pair) {
          const TransitionBlock layer(reader);
          layer(context, pair);
        });
}

// The MSA of the golden case: its two rows.
constexpr int64_t kMsaRows = 2;

ParameterReader msa_layer(const Stages& stages, const std::string& name) {
  return ParameterReader(stages.parameters, kStacks[0].parameters).layer(0).in(name);
}

// The norm of a module's MSA input undone (see Stages::before_norm).
Tensor<float> msa_before_norm(const Stages& stages, const std::string& module, const LayerNorm& norm) {
  Tensor<float> x = stages.msa_output(module, kMsaRows);
  for (int64_t k = 0; k < x.size(); ++k) x[k] = (x[k] - norm.offset[k % x.dim(1)]) / norm.scale[k % x.dim(1)];
  return x;
}

TEST(MsaLayer, OuterProductMean) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  ThreadPool pool(2);
  const ParameterReader reader = msa_layer(stages, "outer_product_mean");
  const Tensor<float> msa = msa_before_norm(stages, "msa_stack/outer_product_mean/layer_norm_input",
                                            reader.layer_norm("layer_norm_input"));
  const int64_t n = stages.batch.tokens;
  Tensor<float> pair({n * n, 128});
  const OuterProductMean layer(reader);
  layer(Context(pool, Arithmetic::float32), n, matrix(msa), matrix(pair));
  expect_close(pair, stages.output("msa_stack/outer_product_mean", 2), "outer_product_mean");
}

TEST(MsaLayer, MsaAttention) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  ThreadPool pool(2);
  const ParameterReader reader = msa_layer(stages, "msa_attention1");
  const Tensor<float> before =
      msa_before_norm(stages, "msa_stack/msa_attention1/act_norm", reader.layer_norm("act_norm"));
  const Tensor<float> pair =
      stages.before_norm("msa_stack/msa_attention1/pair_norm", reader.layer_norm("pair_norm"), 2);
  Tensor<float> msa = before;
  const MsaAttention layer(reader);
  layer(Context(pool, Arithmetic::float32), stages.batch.tokens, matrix(msa), matrix(pair));
  expect_close(difference(msa, before), stages.msa_output("msa_stack/msa_attention1", kMsaRows),
               "msa_attention1");
}

TEST(MsaLayer, Transition) {
  PLEAT_REQUIRE_SHARED(shared);
  const Stages& stages = Stages::get();
  ThreadPool pool(2);
  const ParameterReader reader = msa_layer(stages, "msa_transition");
  const Tensor<float> before = msa_before_norm(stages, "msa_stack/msa_transition/input_layer_norm",
                                               reader.layer_norm("input_layer_norm"));
  Tensor<float> msa = before;
  const TransitionBlock layer(reader);
  layer(Context(pool, Arithmetic::float32), matrix(msa));
  expect_close(difference(msa, before), stages.msa_output("msa_stack/msa_transition", kMsaRows),
               "msa_transition");
}

}  // namespace
}  // namespace pleat
