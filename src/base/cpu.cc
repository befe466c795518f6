#include "base/cpu.h"

#include <cpuid.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace pleat {
namespace {

// Extended features of the processor: registers EAX, EBX, ECX, EDX.
std::array<unsigned, 4> extended_features(unsigned subleaf) {
  std::array<unsigned, 4> r{};
  if (!__get_cpuid_count(7, subleaf, &r[0], &r[1], &r[2], &r[3])) r = {};
  return r;
}

// Whether the operating system saves the registers of all these bits of XCR0.
bool saves_registers(uint32_t bits) {
  unsigned a, b, c, d;
  constexpr unsigned kOsXsave = 1u << 27;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & kOsXsave)) return false;
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & bits) == bits;
}

bool has_avx512() {
  // Vector and mask registers: bits 1, 2, 5, 6, 7. __builtin_cpu_supports needs them too.
  return saves_registers(0xe6) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

bool has_avx512_bf16() {
  constexpr unsigned kAvx512Bf16 = 1u << 5;
  return extended_features(0)[0] >= 1 && (extended_features(1)[0] & kAvx512Bf16);
}

// Linux grants the tile registers to a process, with all its later threads, only on request.
bool has_amx() {
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24, kTileRegisters = 3u << 17;
  constexpr unsigned kBoth = kAmxBf16 | kAmxTile;
  if ((extended_features(0)[3] & kBoth) != kBoth || !saves_registers(kTileRegisters)) return false;
  constexpr int kArchReqXcompPerm = 0x1023, kXtileData = 18;
  return syscall(SYS_arch_prctl, kArchReqXcompPerm, kXtileData) == 0;
}

Isa detect() {
  if (!has_avx512()) return Isa::avx2;
  if (!has_avx512_bf16()) return Isa::avx512;
  return has_amx() ? Isa::amx : Isa::avx512_bf16;
}

constexpr Isa kSets[] = {Isa::avx2,        Isa::avx512, Isa::avx512_bf16, Isa::amx, Isa::avx512_bf16_emulated,
                         Isa::amx_emulated};

Isa isa_from_environment() {
  const char* wanted = std::getenv("PLEAT_ISA");
  const Isa best = detected_isa();
  if (!wanted || !*wanted) return best;
  for (Isa isa : kSets)
    if (wanted == name(isa)) {
      if (isa > best && !emulated(isa))
        throw Error("PLEAT_ISA", std::string(wanted) + " is not available on this machine",
                    "Use " + name(best) + ", the best instruction set of this machine.");
      return isa;
    }
  throw Error("PLEAT_ISA", "'" + std::string(wanted) + "' is not an instruction set",
              "Use avx2, avx512, avx512bf16 or amx.");
}

// CPU quota of the control group (version 2), in cores; 0 for none.
double container_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::atof(quota.c_str()) / period;
}

// The cores of this process's affinity mask, in increasing order.
std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

// The numbers of a list in the kernel's form, "0-3,8,10-11". Empty when the file is missing.
std::vector<int> numbers_in(const std::string& file) {
  std::vector<int> numbers;
  std::ifstream in(file);
  for (int first; in >> first;) {
    int last = first;
    if (in.peek() == '-') in.get(), in >> last;
    for (int n = first; n <= last; ++n) numbers.push_back(n);
    if (in.peek() == ',') in.get();
  }
  return numbers;
}

// clang 14's __builtin_cpu_supports does not know this feature.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

}  // namespace

std::string name(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::avx512_bf16:
      return "avx512bf16";
    case Isa::amx:
      return "amx";
    case Isa::avx512_bf16_emulated:
      return "avx512bf16_emulated";
    case Isa::amx_emulated:
      return "amx_emulated";
  }
  return "";
}

Isa detected_isa() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2") && has_f16c();
  if (!avx2)
    throw Error("this processor", "the processor lacks AVX2 and FMA",
                "Use an x86-64 processor of 2013 or later.");
  static const Isa best = detect();
  return best;
}

Isa active_isa() {
  static const Isa isa = isa_from_environment();
  return isa;
}

int usable_cores() {
  int cores = std::max(1, static_cast<int>(allowed_cores().size()));
  const double quota = container_quota();
  if (quota > 0) cores = std::clamp(static_cast<int>(std::ceil(quota)), 1, cores);
  return cores;
}

std::vector<std::vector<int>> numa_nodes(const std::string& folder) {
  const std::vector<int> allowed = allowed_cores();
  std::vector<std::vector<int>> nodes;
  for (const int node : numbers_in(folder + "/online")) {
    std::vector<int> cores;
    for (const int core : numbers_in(folder + "/node" + std::to_string(node) + "/cpulist"))
      if (std::binary_search(allowed.begin(), allowed.end(), core)) cores.push_back(core);
    if (!cores.empty()) nodes.push_back(std::move(cores));
  }
  if (nodes.empty()) nodes.push_back(allowed);
  return nodes;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

}  // namespace pleat
