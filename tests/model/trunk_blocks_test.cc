// Each layer of the trunk's blocks against the reference's output for its own input.
#include "model/trunk_blocks.h"

#include "kernels/isa.h"
#include "tests/model/stages.h"

namespace pleat::model {
namespace {

using test::difference;
using test::expect_close;
using test::Machine;
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
  // apply(ops, reader, pair) adds layer `name`; its input norm is `norm`.
  template <class Apply>
  void check(const std::string& name, const std::string& norm, Apply apply) {
    const Stages& stages = Stages::get();
    Machine machine;
    for (const Stack& stack : kStacks) {
      const ParameterReader reader =
          ParameterReader(stages.parameters, machine.ops, stack.parameters).layer(0).in(name);
      const std::string module = stack.outputs + "/" + name;
      const Tensor<float> before = stages.before_norm(module + "/" + norm, reader, norm);
      ops::Array pair = machine.ops.upload(before);
      apply(machine.ops, reader, pair);
      expect_close(difference(machine.values(pair), before), stages.output(module), module);
    }
  }
};

TEST_F(PairLayer, TriangleMultiplicationOutgoing) {
  check("triangle_multiplication_outgoing", "left_norm_input",
        [](ops::Backend& ops, const ParameterReader& reader, ops::Array& pair) {
          ops.triangle_multiplication(triangle_multiplication(reader), ops::Triangle::outgoing, pair);
        });
}

TEST_F(PairLayer, TriangleMultiplicationIncoming) {
  check("triangle_multiplication_incoming", "left_norm_input",
        [](ops::Backend& ops, const ParameterReader& reader, ops::Array& pair) {
          ops.triangle_multiplication(triangle_multiplication(reader), ops::Triangle::incoming, pair);
        });
}

TEST_F(PairLayer, GridSelfAttentionAlongRows) {
  check("pair_attention1", "act_norm",
        [](ops::Backend& ops, const ParameterReader& reader, ops::Array& pair) {
          ops.grid_self_attention(grid_self_attention(reader), ops::Axis::rows, pair);
        });
}

TEST_F(PairLayer, GridSelfAttentionAlongColumns) {
  check("pair_attention2", "act_norm",
        [](ops::Backend& ops, const ParameterReader& reader, ops::Array& pair) {
          ops.grid_self_attention(grid_self_attention(reader), ops::Axis::columns, pair);
        });
}

TEST_F(PairLayer, Transition) {
  check("pair_transition", "input_layer_norm",
        [](ops::Backend& ops, const ParameterReader& reader, ops::Array& pair) {
          ops.transition(transition(reader), pair);
        });
}

ParameterReader msa_layer(const Stages& stages, ops::Backend& ops, const std::string& name) {
  return ParameterReader(stages.parameters, ops, kStacks[0].parameters).layer(0).in(name);
}

TEST(MsaLayer, OuterProductMean) {
  const Stages& stages = Stages::get();
  Machine machine;
  const ParameterReader reader = msa_layer(stages, machine.ops, "outer_product_mean");
  const ops::Array msa = machine.ops.upload(
      stages.before_norm("msa_stack/outer_product_mean/layer_norm_input", reader, "layer_norm_input"));
  const int64_t n = stages.batch.tokens;
  ops::Array pair = machine.ops.make(n * n, 128, ops::Type::float32);
  machine.ops.outer_product_mean(outer_product_mean(reader), msa, pair);
  expect_close(machine.values(pair), stages.output("msa_stack/outer_product_mean"), "outer_product_mean");
}

TEST(MsaLayer, MsaAttention) {
  const Stages& stages = Stages::get();
  Machine machine;
  const ParameterReader reader = msa_layer(stages, machine.ops, "msa_attention1");
  const Tensor<float> before = stages.before_norm("msa_stack/msa_attention1/act_norm", reader, "act_norm");
  const ops::Array pair =
      machine.ops.upload(stages.before_norm("msa_stack/msa_attention1/pair_norm", reader, "pair_norm"));
  ops::Array msa = machine.ops.upload(before);
  machine.ops.msa_attention(msa_attention(reader), pair, msa);
  expect_close(difference(machine.values(msa), before), stages.output("msa_stack/msa_attention1"),
               "msa_attention1");
}

TEST(MsaLayer, Transition) {
  const Stages& stages = Stages::get();
  Machine machine;
  const ParameterReader reader = msa_layer(stages, machine.ops, "msa_transition");
  const Tensor<float> before =
      stages.before_norm("msa_stack/msa_transition/input_layer_norm", reader, "input_layer_norm");
  ops::Array msa = machine.ops.upload(before);
  machine.ops.transition(transition(reader), msa);
  expect_close(difference(machine.values(msa), before), stages.output("msa_stack/msa_transition"),
               "msa_transition");
}

}  // namespace
}  // namespace pleat::model
