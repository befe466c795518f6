// Cards with NVIDIA's driver. The program does not link the driver, but loads its library for the first
// request of a card, so that one program runs on machines with and without GPUs.
#include <fmt/format.h>

#include "base/error.h"
#include "base/memory.h"
#include "cuda/device.h"

#ifdef PLEAT_CUDA_CODE

#include <cuda.h>
#include <dlfcn.h>

#include <cstdlib>
#include <map>

// The kernels for all cards (kernels.cu).
extern "C" const char pleat_cuda_code[];

namespace pleat::cuda {
namespace {

constexpr int kOldestMajor = 8;                      // A100, RTX 30
constexpr int64_t kLeastFree = int64_t{1} << 30;     // bytes that a usable card must have free
constexpr int64_t kRange = int64_t{1} << 40;         // addresses of the temporaries
constexpr int64_t kMappedPiece = int64_t{32} << 20;  // of the range, a multiple of the cards' granularity

// clang-format off
#define PLEAT_DRIVER_FUNCTIONS(X) \
  X(cuInit) X(cuDriverGetVersion) X(cuGetErrorString) X(cuDeviceGetCount) X(cuDeviceGet) \
  X(cuDeviceGetName) X(cuDeviceGetAttribute) X(cuDeviceTotalMem) X(cuDevicePrimaryCtxRetain) \
  X(cuDevicePrimaryCtxRelease) X(cuCtxSetCurrent) X(cuMemGetInfo) X(cuMemAlloc) X(cuMemFree) \
  X(cuMemsetD8Async) X(cuMemcpyHtoDAsync) X(cuMemcpyDtoHAsync) X(cuStreamCreate) X(cuStreamDestroy) \
  X(cuStreamSynchronize) X(cuModuleLoadData) X(cuModuleUnload) X(cuModuleGetFunction) \
  X(cuFuncSetAttribute) X(cuLaunchKernel) X(cuMemAddressReserve) X(cuMemAddressFree) X(cuMemCreate) \
  X(cuMemRelease) X(cuMemMap) X(cuMemUnmap) X(cuMemSetAccess) X(cuStreamBeginCapture) \
  X(cuMemHostAlloc) X(cuMemFreeHost) X(cuStreamEndCapture) X(cuGraphInstantiate) X(cuGraphLaunch) X(cuGraphDestroy) X(cuGraphExecDestroy)
// clang-format on

#define PLEAT_TEXT_OF(symbol) #symbol
#define PLEAT_TEXT(symbol) PLEAT_TEXT_OF(symbol)  // of the name that cuda.h gives the function's newest form

struct Driver {
#define PLEAT_DECLARE(function) decltype(&::function) function##_ = nullptr;
  PLEAT_DRIVER_FUNCTIONS(PLEAT_DECLARE)
  std::string missing;  // why there is no driver; empty if there is one
  int version = 0;
};

// Loaded once. PLEAT_CUDA_DRIVER may name the library.
const Driver& driver() {
  static const Driver loaded = [] {
    Driver d;
    const char* named = std::getenv("PLEAT_CUDA_DRIVER");
    const std::string library = named && *named ? named : "libcuda.so.1";
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
      d.missing = fmt::format("NVIDIA's driver is not installed ({} can't be loaded)", library);
      return d;
    }
#define PLEAT_LOAD(function)                                                                    \
  d.function##_ = reinterpret_cast<decltype(&::function)>(dlsym(handle, PLEAT_TEXT(function))); \
  if (!d.function##_) d.missing = "NVIDIA's driver is too old: it lacks " PLEAT_TEXT(function);
    PLEAT_DRIVER_FUNCTIONS(PLEAT_LOAD)
    if (d.missing.empty() && d.cuInit_(0) != CUDA_SUCCESS) d.missing = "NVIDIA's driver finds no usable GPU";
    if (d.missing.empty()) d.cuDriverGetVersion_(&d.version);
    return d;
  }();
  return loaded;
}

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

std::string text_of(CUresult result) {
  const char* text = nullptr;
  driver().cuGetErrorString_(result, &text);
  return text ? text : fmt::format("error {}", static_cast<int>(result));
}

int attribute(CUdevice device, CUdevice_attribute which) {
  int value = 0;
  driver().cuDeviceGetAttribute_(&value, which, device);
  return value;
}

std::string why_unusable(const Card& card) {
  if (card.major < kOldestMajor)
    return fmt::format("the compute capability {}.{} is too old: pleat needs {}.0 (A100, RTX 30) or newer",
                       card.major, card.minor, kOldestMajor);
  if (card.free_memory < kLeastFree)
    return fmt::format("only {} of the GPU's {} are free", size_text(card.free_memory),
                       size_text(card.memory));
  return "";
}

Card card_of(int number) {
  const Driver& d = driver();
  Card card;
  card.number = number;
  CUdevice device = 0;
  d.cuDeviceGet_(&device, number);
  char name[256] = {};
  d.cuDeviceGetName_(name, sizeof name - 1, device);
  card.name = name;
  card.major = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  card.minor = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  size_t total = 0, free = 0;
  d.cuDeviceTotalMem_(&total, device);
  card.memory = static_cast<int64_t>(total);
  CUcontext context = nullptr;
  if (card.major >= kOldestMajor && d.cuDevicePrimaryCtxRetain_(&context, device) == CUDA_SUCCESS) {
    d.cuCtxSetCurrent_(context);
    d.cuMemGetInfo_(&free, &total);
    d.cuCtxSetCurrent_(nullptr);
    d.cuDevicePrimaryCtxRelease_(device);
  }
  card.free_memory = static_cast<int64_t>(free);
  card.unusable = why_unusable(card);
  return card;
}

struct CardGraph final : Graph {
  explicit CardGraph(const Driver& loaded) : d(loaded) {}
  ~CardGraph() override {
    if (executable) d.cuGraphExecDestroy_(executable);
  }
  CardGraph(const CardGraph&) = delete;
  CardGraph& operator=(const CardGraph&) = delete;

  const Driver& d;
  CUgraphExec executable = nullptr;
};

class CardDevice final : public Device {
 public:
  explicit CardDevice(const Card& card) : card_(card), place_(fmt::format("cuda:{}", card.number)) {
    check(d_.cuDeviceGet_(&device_, card.number), "the GPU can't be used");
    check(d_.cuDevicePrimaryCtxRetain_(&context_, device_), "the GPU can't be used");
    check(d_.cuCtxSetCurrent_(context_), "the GPU can't be used");
    check(d_.cuStreamCreate_(&stream_, CU_STREAM_NON_BLOCKING), "the GPU can't be used");
    load_code();
    check(d_.cuMemAddressReserve_(&range_, static_cast<size_t>(kRange), 0, 0, 0),
          "the GPU has no free addresses");
  }
  ~CardDevice() override {
    d_.cuStreamSynchronize_(stream_);
    unmap(0);
    d_.cuMemAddressFree_(range_, static_cast<size_t>(kRange));
    d_.cuModuleUnload_(module_);
    d_.cuStreamDestroy_(stream_);
    d_.cuCtxSetCurrent_(nullptr);
    d_.cuDevicePrimaryCtxRelease_(device_);
  }
  CardDevice(const CardDevice&) = delete;
  CardDevice& operator=(const CardDevice&) = delete;

  std::string description() const override {
    return fmt::format("{} ({}, compute capability {}.{}, {})", place_, card_.name, card_.major, card_.minor,
                       size_text(card_.memory));
  }
  int64_t free_memory() const override {
    size_t free = 0, total = 0;
    check(d_.cuMemGetInfo_(&free, &total), "the GPU does not answer");
    return static_cast<int64_t>(free);
  }

  std::byte* allocate(int64_t bytes) override {
    CUdeviceptr memory = 0;
    check_memory(d_.cuMemAlloc_(&memory, static_cast<size_t>(bytes)), bytes);
    return pointer(memory);
  }
  void release(std::byte* memory) override {
    check(d_.cuMemFree_(address(memory)), "pleat cannot free memory");
  }

  // With unified addresses, which all 64-bit systems have, the device uses the host's address.
  std::byte* allocate_on_host(int64_t bytes) override {
    void* memory = nullptr;
    const CUresult result =
        d_.cuMemHostAlloc_(&memory, static_cast<size_t>(bytes), CU_MEMHOSTALLOC_DEVICEMAP);
    if (result == CUDA_ERROR_OUT_OF_MEMORY)
      throw Error(description(),
                  fmt::format("out of the host's memory: pleat needs {} more, pinned", size_text(bytes)),
                  "End other programs, or predict a smaller complex.");
    check(result, "pleat cannot allocate memory of the host");
    return static_cast<std::byte*>(memory);
  }
  void release_on_host(std::byte* memory) override {
    check(d_.cuMemFreeHost_(memory), "pleat cannot free memory of the host");
  }

  std::byte* range() override { return pointer(range_); }
  void resize_range(int64_t bytes) override {
    const auto pieces = static_cast<size_t>((bytes + kMappedPiece - 1) / kMappedPiece);
    if (pieces < mapped_.size()) check(d_.cuStreamSynchronize_(stream_), "the GPU failed");
    unmap(pieces);
    const size_t before = mapped_.size();
    try {
      while (mapped_.size() < pieces) map_piece();
    } catch (const Error&) {
      unmap(before);  // frees a partly mapped range
      throw;
    }
  }

  void zero(std::byte* memory, int64_t bytes) override {
    check(d_.cuMemsetD8Async_(address(memory), 0, static_cast<size_t>(bytes), stream_), "the GPU failed");
  }
  void upload(const void* from, std::byte* to, int64_t bytes) override {
    // From pageable memory: the driver has copied the bytes when it returns.
    check(d_.cuMemcpyHtoDAsync_(address(to), from, static_cast<size_t>(bytes), stream_), "the GPU failed");
  }
  void download(const std::byte* from, void* to, int64_t bytes) override {
    check(d_.cuMemcpyDtoHAsync_(to, address(from), static_cast<size_t>(bytes), stream_), "the GPU failed");
    wait();
  }
  void launch(const Kernel& kernel, Grid grid, const void* arguments) override {
    void* parameters[] = {const_cast<void*>(arguments)};
    check(d_.cuLaunchKernel_(functions_.at(kernel.name), static_cast<unsigned>(grid.x),
                             static_cast<unsigned>(grid.y), static_cast<unsigned>(grid.z),
                             static_cast<unsigned>(kernel.threads), 1, 1,
                             static_cast<unsigned>(kernel.shared_bytes), stream_, parameters, nullptr),
          kernel.name);
  }
  void wait() override { check(d_.cuStreamSynchronize_(stream_), "the GPU failed"); }

  void begin_graph() override {
    check(d_.cuStreamBeginCapture_(stream_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
          "pleat cannot record a graph");
  }
  std::unique_ptr<Graph> end_graph() override {
    CUgraph recorded = nullptr;
    check(d_.cuStreamEndCapture_(stream_, &recorded), "pleat cannot record a graph");
    auto graph = std::make_unique<CardGraph>(d_);
    const CUresult result = d_.cuGraphInstantiate_(&graph->executable, recorded, 0);
    d_.cuGraphDestroy_(recorded);
    check(result, "pleat cannot record a graph");
    return graph;
  }
  void launch(const Graph& graph) override {
    check(d_.cuGraphLaunch_(static_cast<const CardGraph&>(graph).executable, stream_), "the GPU failed");
  }

 private:
  static std::byte* pointer(CUdeviceptr address) { return reinterpret_cast<std::byte*>(address); }
  static CUdeviceptr address(const std::byte* pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }

  void check(CUresult result, const char* what) const {
    if (result != CUDA_SUCCESS) throw Error(description(), fmt::format("{}: {}", what, text_of(result)));
  }
  void check_memory(CUresult result, int64_t bytes) const {
    if (result == CUDA_ERROR_OUT_OF_MEMORY)
      throw Error(description(),
                  fmt::format("out of memory: pleat needs {} more, but only {} of {} are free",
                              size_text(bytes), size_text(free_memory()), size_text(card_.memory)),
                  "End other programs on the GPU, or predict a smaller complex.");
    check(result, "pleat cannot allocate memory");
  }

  void load_code() {
    const CUresult result = d_.cuModuleLoadData_(&module_, pleat_cuda_code);
    if (result != CUDA_SUCCESS)
      throw Error(description(),
                  fmt::format("the driver (for CUDA {}) cannot load pleat's GPU code, compiled with CUDA "
                              "{}: {}",
                              version_text(d_.version), version_text(CUDA_VERSION), text_of(result)),
                  "Install a newer driver, or use --device cpu.");
    for (const Kernel& kernel : all_kernels()) {
      CUfunction& function = functions_[kernel.name];
      check(d_.cuModuleGetFunction_(&function, module_, kernel.name), kernel.name);
      check(d_.cuFuncSetAttribute_(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                   static_cast<int>(kernel.shared_bytes)),
            kernel.name);
    }
  }

  void map_piece() {
    CUmemAllocationProp kind = {};
    kind.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    kind.location = {CU_MEM_LOCATION_TYPE_DEVICE, {device_}};
    CUmemGenericAllocationHandle memory = 0;
    check_memory(d_.cuMemCreate_(&memory, static_cast<size_t>(kMappedPiece), &kind, 0), kMappedPiece);
    const CUdeviceptr at = range_ + static_cast<CUdeviceptr>(mapped_.size()) * kMappedPiece;
    check(d_.cuMemMap_(at, static_cast<size_t>(kMappedPiece), 0, memory, 0), "pleat cannot map memory");
    mapped_.push_back(memory);
    CUmemAccessDesc access = {};
    access.location = kind.location;
    access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    check(d_.cuMemSetAccess_(at, static_cast<size_t>(kMappedPiece), &access, 1), "pleat cannot map memory");
  }
  void unmap(size_t pieces) {
    while (mapped_.size() > pieces) {
      const auto number = static_cast<CUdeviceptr>(mapped_.size() - 1);
      d_.cuMemUnmap_(range_ + number * kMappedPiece, static_cast<size_t>(kMappedPiece));
      d_.cuMemRelease_(mapped_.back());
      mapped_.pop_back();
    }
  }

  const Driver& d_ = driver();
  Card card_;
  std::string place_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  CUstream stream_ = nullptr;
  CUmodule module_ = nullptr;
  std::map<std::string, CUfunction, std::less<>> functions_;
  CUdeviceptr range_ = 0;
  std::vector<CUmemGenericAllocationHandle> mapped_;  // pieces of the range with memory
};

}  // namespace

std::vector<Card> cards(std::string& why_none) {
  why_none = driver().missing;
  std::vector<Card> out;
  int count = 0;
  if (why_none.empty() && (driver().cuDeviceGetCount_(&count) != CUDA_SUCCESS || count == 0))
    why_none = "NVIDIA's driver finds no GPU";
  for (int i = 0; i < count; ++i) out.push_back(card_of(i));
  return out;
}

std::unique_ptr<Device> card_device(int number) {
  std::string why_none;
  const std::vector<Card> all = cards(why_none);
  const std::string place = fmt::format("cuda:{}", number);
  if (all.empty()) throw Error(place, why_none, "Use --device cpu.");
  if (number >= static_cast<int>(all.size()))
    throw Error(place, fmt::format("there is no such GPU: the machine has {}", all.size()),
                "Choose one that pleat devices lists.");
  const Card& card = all[static_cast<size_t>(number)];
  if (!card.unusable.empty())
    throw Error(fmt::format("{} ({})", place, card.name), card.unusable, "Use --device cpu.");
  return std::make_unique<CardDevice>(card);
}

}  // namespace pleat::cuda

#else  // built without nvcc

namespace pleat::cuda {

namespace {
constexpr const char* kWithout =
    "this pleat was built without GPU code (PLEAT_CUDA is off, or nvcc was not found)";
}

std::vector<Card> cards(std::string& why_none) {
  why_none = kWithout;
  return {};
}

std::unique_ptr<Device> card_device(int number) {
  throw Error(fmt::format("cuda:{}", number), kWithout, "Use --device cpu.");
}

}  // namespace pleat::cuda

#endif
