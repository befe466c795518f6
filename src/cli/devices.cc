// pleat devices: lists the processor and the GPUs of this machine.
#include <fmt/format.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/device_flags.h"
#include "cuda/conformance.h"
#include "cuda/device.h"

namespace pleat::cli {
namespace {

void print_device(const std::string& name, const std::string& text) { fmt::print("{:<15}{}\n", name, text); }

std::string text_of(const cuda::Card& card) {
  const std::string text = fmt::format("{}, compute capability {}.{}, {}", card.name, card.major, card.minor,
                                       size_text(card.memory));
  if (!card.unusable.empty()) return fmt::format("{}; can't be used: {}", text, card.unusable);
  return fmt::format("{}, {} free", text, size_text(card.free_memory));
}

int check(const std::string& device) {
  ThreadPool pool(usable_cores());
  const auto checked = open_gpu(device, pool), emulation = cuda::emulated_device(pool);
  fmt::print("{}\n", checked->description());
  bool conforms = true;
  for (const cuda::Conformance& c : cuda::conformance_of(*checked, *emulation)) {
    fmt::print("  {:<30}{}\n", c.instruction,
               c.difference == 0 ? "equal bits"
               : c.conforms()    ? fmt::format("{:.2g} of the difference allowed", c.difference)
                                 : "differs from the emulation");
    conforms = conforms && c.conforms();
  }
  return conforms ? kSuccess : kFailure;
}

}  // namespace

int devices(const Arguments& arguments) {
  CommandLine line("devices", "Lists the processor and the GPUs, and which of them --device auto would use.");
  std::string checked;
  line.value(
          "check", checked,
          "Compare the instructions of a device, for example cuda:0, with their emulation in pleat's tests")
      ->default_str("none");
  line.example("pleat devices", "List what --device can name here.");
  if (!line.parse(arguments)) return kSuccess;
  if (!checked.empty()) return check(checked);
  std::string why_none;
  const std::vector<cuda::Card> cards = cuda::cards(why_none);
  print_device("cpu", fmt::format("{}, {} cores, {}, {}", cpu_name(), usable_cores(), name(active_isa()),
                                  size_text(usable_memory())));
  for (const cuda::Card& card : cards) print_device(fmt::format("cuda:{}", card.number), text_of(card));
  if (cards.empty()) print_device("cuda", "none: " + why_none);
  print_device("cuda_emulated", "the GPU's kernels on the processor, slowly, for tests");
  const cuda::Card* chosen = first_usable(cards);
  fmt::print("\n--device auto would use {}.\n", chosen ? fmt::format("cuda:{}", chosen->number) : "cpu");
  return kSuccess;
}

}  // namespace pleat::cli
