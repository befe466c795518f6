#include "base/cpu.h"

#include <cpuid.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace pleat {
namespace {

// Linux grants AMX tile state to a process on request only.
bool amx_granted() {
  constexpr unsigned kAmxTile = 1u << 24, kAmxInt8 = 1u << 25, kAmxBf16 = 1u << 22;
  unsigned a, b, c, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  if ((d & (kAmxTile | kAmxInt8 | kAmxBf16)) != (kAmxTile | kAmxInt8 | kAmxBf16)) return false;
  constexpr int kArchReqXcompPerm = 0x1023, kXtileData = 18;
  return syscall(SYS_arch_prctl, kArchReqXcompPerm, kXtileData) == 0;
}

Isa isa_from_environment() {
  const char* wanted = std::getenv("PLEAT_ISA");
  const Isa best = detected_isa();
  if (!wanted || !*wanted) return best;
  for (Isa isa : {Isa::avx2, Isa::avx512, Isa::amx})
    if (wanted == name(isa)) {
      if (isa > best)
        throw Error("PLEAT_ISA", std::string(wanted) + " is not available on this machine",
                    "The best instruction set here is " + name(best) + ".");
      return isa;
    }
  throw Error("PLEAT_ISA", "'" + std::string(wanted) + "' is no instruction set", "Use avx2, avx512 or amx.");
}

// CPU quota of the control group (version 2), in cores; 0 where there is none.
double container_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  return std::atof(quota.c_str()) / period;
}

}  // namespace

std::string name(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::amx:
      return "amx";
  }
  return "";
}

Isa detected_isa() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
    throw Error("this processor", "it lacks AVX2 and FMA",
                "pleat needs an x86-64 processor of 2013 or later.");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  if (!avx512) return Isa::avx2;
  static const bool amx = amx_granted();
  return amx ? Isa::amx : Isa::avx512;
}

Isa active_isa() {
  static const Isa isa = isa_from_environment();
  return isa;
}

int usable_cores() {
  cpu_set_t set;
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = std::max(1, CPU_COUNT(&set));
  const double quota = container_quota();
  if (quota > 0) cores = std::clamp(static_cast<int>(std::ceil(quota)), 1, cores);
  return cores;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

}  // namespace pleat
