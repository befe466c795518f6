// A stand-in for NVIDIA's driver, as a library of its own: the cards that FAKE_CARDS names, with memory of the
// host. Kernels run where the test program has told it how (fake_driver_set_launch). It refuses calls that a
// driver refuses: unknown kernels, too much shared memory, memory that is not mapped, a context that is not
// current, anything but launches and memory sets while a graph is recorded.
//
// FAKE_CARDS: "NAME|MAJOR|MINOR|TOTAL MiB|FREE MiB" separated by semicolons.
#include <cuda.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Card {
  std::string name;
  int major = 0, minor = 0;
  long total = 0, free = 0;
};

std::vector<Card> cards() {
  std::vector<Card> out;
  std::stringstream list(std::getenv("FAKE_CARDS") ? std::getenv("FAKE_CARDS") : "");
  for (std::string one; std::getline(list, one, ';');) {
    Card card;
    std::stringstream fields(one);
    std::string field;
    std::getline(fields, card.name, '|');
    std::getline(fields, field, '|');
    card.major = std::stoi(field);
    std::getline(fields, field, '|');
    card.minor = std::stoi(field);
    std::getline(fields, field, '|');
    card.total = std::stol(field) << 20;
    std::getline(fields, field, '|');
    card.free = std::stol(field) << 20;
    out.push_back(card);
  }
  return out;
}

struct Kernel {
  std::string name;
  int shared_limit = 48 << 10;
};

using Launch = bool (*)(const char* name, unsigned x, unsigned y, unsigned z, unsigned threads,
                        unsigned shared_bytes, const void* arguments);

using ArgumentBytes = long (*)(const char* kernel);  // what the driver reads from the code
using Recorded = std::vector<std::function<CUresult()>>;

struct State {
  Launch launch = nullptr;
  ArgumentBytes argument_bytes = nullptr;
  std::unique_ptr<Recorded> capture;  // of the graph that is recorded
  long graphs = 0, graph_launches = 0;
  size_t current = 0;  // number of the current context's card + 1
  long used = 0;
  std::map<std::string, Kernel> kernels;
  std::map<CUdeviceptr, long> pieces;    // of cuMemAlloc
  std::set<void*> pinned;                // of cuMemHostAlloc
  std::map<CUdeviceptr, long> mappings;  // of the reserved range, by start
  std::map<CUmemGenericAllocationHandle, long> physical;
  CUmemGenericAllocationHandle next = 1;
} state;

constexpr size_t kMostPinned = size_t{1} << 30;
constexpr int kOptInShared = 99 << 10;  // of the smallest cards that pleat runs on (sm_86, sm_89)

CUresult take(long bytes) {
  if (state.capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (state.used + bytes > cards()[0].free) return CUDA_ERROR_OUT_OF_MEMORY;
  state.used += bytes;
  return CUDA_SUCCESS;
}

CUresult do_or_record(std::function<CUresult()> step) {
  if (!state.capture) return step();
  state.capture->push_back(std::move(step));
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

void fake_driver_set_launch(Launch launch, ArgumentBytes argument_bytes) {
  state.launch = launch;
  state.argument_bytes = argument_bytes;
}
long fake_driver_used() { return state.used; }
long fake_driver_pinned() { return static_cast<long>(state.pinned.size()); }
long fake_driver_graphs() { return state.graphs; }
long fake_driver_graph_launches() { return state.graph_launches; }

CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int* version) {
  *version = 13000;
  return CUDA_SUCCESS;
}
CUresult cuGetErrorString(CUresult result, const char** text) {
  static thread_local std::string made;
  made = "driver's error " + std::to_string(static_cast<int>(result));
  *text = made.c_str();
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetCount(int* count) {
  *count = static_cast<int>(cards().size());
  return CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice* device, int number) {
  *device = number;
  return number < static_cast<int>(cards().size()) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  std::strncpy(name, cards()[static_cast<size_t>(device)].name.c_str(), static_cast<size_t>(length));
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
  const Card card = cards()[static_cast<size_t>(device)];
  *value = which == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? card.major : card.minor;
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(size_t* bytes, CUdevice device) {
  *bytes = static_cast<size_t>(cards()[static_cast<size_t>(device)].total);
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  *context = reinterpret_cast<CUcontext>(static_cast<size_t>(device) + 1);
  return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) {
  state.current = reinterpret_cast<size_t>(context);
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo(size_t* free, size_t* total) {
  if (!state.current) return CUDA_ERROR_INVALID_CONTEXT;
  const Card card = cards()[state.current - 1];
  *free = static_cast<size_t>(card.free - state.used);
  *total = static_cast<size_t>(card.total);
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr* memory, size_t bytes) {
  if (!state.current) return CUDA_ERROR_INVALID_CONTEXT;
  if (const CUresult result = take(static_cast<long>(bytes)); result != CUDA_SUCCESS) return result;
  void* taken = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(taken, 0xff, bytes);
  *memory = reinterpret_cast<CUdeviceptr>(taken);
  state.pieces[*memory] = static_cast<long>(bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr memory) {
  if (state.capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  const auto found = state.pieces.find(memory);
  if (found == state.pieces.end()) return CUDA_ERROR_INVALID_VALUE;
  state.used -= found->second;
  state.pieces.erase(found);
  std::free(reinterpret_cast<void*>(memory));
  return CUDA_SUCCESS;
}
CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned flags) {
  if (state.capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (!state.current || flags != CU_MEMHOSTALLOC_DEVICEMAP) return CUDA_ERROR_INVALID_VALUE;
  if (bytes > kMostPinned) return CUDA_ERROR_OUT_OF_MEMORY;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xff, bytes);
  state.pinned.insert(*memory);
  return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* memory) {
  if (state.pinned.erase(memory) != 1) return CUDA_ERROR_INVALID_VALUE;
  std::free(memory);
  return CUDA_SUCCESS;
}
CUresult cuMemsetD8Async(CUdeviceptr memory, unsigned char value, size_t bytes, CUstream) {
  return do_or_record([=] {
    std::memset(reinterpret_cast<void*>(memory), value, bytes);
    return CUDA_SUCCESS;
  });
}
CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream) {
  if (state.capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream) {
  if (state.capture) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
  return CUDA_SUCCESS;
}
CUresult cuStreamCreate(CUstream* stream, unsigned) {
  *stream = nullptr;
  return CUDA_SUCCESS;
}
CUresult cuStreamDestroy(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream) {
  return state.capture ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

// --- Virtual memory: addresses first, inaccessible; pieces of memory are mapped to them.

CUresult cuMemAddressReserve(CUdeviceptr* range, size_t bytes, size_t, CUdeviceptr, unsigned long long) {
  void* taken = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  *range = reinterpret_cast<CUdeviceptr>(taken);
  return taken == MAP_FAILED ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_SUCCESS;
}
CUresult cuMemAddressFree(CUdeviceptr range, size_t bytes) {
  munmap(reinterpret_cast<void*>(range), bytes);
  return state.mappings.empty() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuMemCreate(CUmemGenericAllocationHandle* memory, size_t bytes, const CUmemAllocationProp* kind,
                     unsigned long long) {
  if (kind->type != CU_MEM_ALLOCATION_TYPE_PINNED || kind->location.type != CU_MEM_LOCATION_TYPE_DEVICE ||
      bytes % (2 << 20) != 0)
    return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult result = take(static_cast<long>(bytes)); result != CUDA_SUCCESS) return result;
  *memory = state.next++;
  state.physical[*memory] = static_cast<long>(bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemRelease(CUmemGenericAllocationHandle memory) {
  state.used -= state.physical.at(memory);
  state.physical.erase(memory);
  return CUDA_SUCCESS;
}
CUresult cuMemMap(CUdeviceptr at, size_t bytes, size_t, CUmemGenericAllocationHandle memory,
                  unsigned long long) {
  if (!state.physical.count(memory) || state.mappings.count(at)) return CUDA_ERROR_INVALID_VALUE;
  state.mappings[at] = static_cast<long>(bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemSetAccess(CUdeviceptr at, size_t bytes, const CUmemAccessDesc* access, size_t) {
  if (!state.mappings.count(at) || access->flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE)
    return CUDA_ERROR_INVALID_VALUE;
  mprotect(reinterpret_cast<void*>(at), bytes, PROT_READ | PROT_WRITE);
  std::memset(reinterpret_cast<void*>(at), 0xff, bytes);
  return CUDA_SUCCESS;
}
CUresult cuMemUnmap(CUdeviceptr at, size_t bytes) {
  if (state.mappings.erase(at) != 1) return CUDA_ERROR_INVALID_VALUE;
  madvise(reinterpret_cast<void*>(at), bytes, MADV_DONTNEED);
  mprotect(reinterpret_cast<void*>(at), bytes, PROT_NONE);
  return CUDA_SUCCESS;
}

// --- Code: the fatbin begins with its magic number; kernels are known by any name that it contains.

CUresult cuModuleLoadData(CUmodule* module, const void* code) {
  unsigned magic = 0;
  std::memcpy(&magic, code, sizeof magic);
  *module = reinterpret_cast<CUmodule>(1);
  return magic == 0xba55ed50u ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}
CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction* function, CUmodule, const char* name) {
  if (std::string(name).rfind("pleat_", 0) != 0) return CUDA_ERROR_NOT_FOUND;
  Kernel& kernel = state.kernels[name];
  kernel.name = name;
  *function = reinterpret_cast<CUfunction>(&kernel);
  return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute which, int value) {
  if (which != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value > kOptInShared)
    return CUDA_ERROR_INVALID_VALUE;
  reinterpret_cast<Kernel*>(function)->shared_limit = value;
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernel(CUfunction function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned,
                        unsigned, unsigned shared_bytes, CUstream, void** parameters, void**) {
  const Kernel& kernel = *reinterpret_cast<Kernel*>(function);
  constexpr unsigned kMostHigh = 65535;
  if (!state.current) return CUDA_ERROR_INVALID_CONTEXT;
  if (x == 0 || y == 0 || z == 0 || y > kMostHigh || z > kMostHigh || threads > 1024 ||
      static_cast<int>(shared_bytes) > kernel.shared_limit)
    return CUDA_ERROR_INVALID_VALUE;
  if (!state.launch) return CUDA_ERROR_LAUNCH_FAILED;
  // A recorded launch has its own copy of the arguments.
  std::vector<char> arguments(static_cast<size_t>(state.argument_bytes(kernel.name.c_str())));
  std::memcpy(arguments.data(), parameters[0], arguments.size());
  return do_or_record([=, &kernel] {
    return state.launch(kernel.name.c_str(), x, y, z, threads, shared_bytes, arguments.data())
               ? CUDA_SUCCESS
               : CUDA_ERROR_LAUNCH_FAILED;
  });
}

// --- Graphs

CUresult cuStreamBeginCapture(CUstream, CUstreamCaptureMode mode) {
  if (state.capture || mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) return CUDA_ERROR_ILLEGAL_STATE;
  state.capture = std::make_unique<Recorded>();
  return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream, CUgraph* graph) {
  if (!state.capture) return CUDA_ERROR_ILLEGAL_STATE;
  *graph = reinterpret_cast<CUgraph>(state.capture.release());
  return CUDA_SUCCESS;
}
CUresult cuGraphInstantiate(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  *executable = reinterpret_cast<CUgraphExec>(new Recorded(*reinterpret_cast<Recorded*>(graph)));
  ++state.graphs;
  return CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) {
  delete reinterpret_cast<Recorded*>(graph);
  return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
  delete reinterpret_cast<Recorded*>(executable);
  --state.graphs;
  return CUDA_SUCCESS;
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream) {
  if (state.capture || !state.current) return CUDA_ERROR_ILLEGAL_STATE;
  ++state.graph_launches;
  for (const auto& step : *reinterpret_cast<Recorded*>(executable))
    if (const CUresult result = step(); result != CUDA_SUCCESS) return result;
  return CUDA_SUCCESS;
}

}  // extern "C"
