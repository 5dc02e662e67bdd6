#include "device/cuda_driver.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "slabring/error.hpp"

namespace slabring::cuda {
namespace {

std::string library_of(const CudaOptions& options) {
  if (!options.driver.empty()) return options.driver;
  const char* const told = secure_getenv("SLABRING_CUDA_DRIVER");
  return told != nullptr && *told != '\0' ? told : "libcuda.so.1";
}

void* open_library(const std::string& library) {
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw Error(ErrorCode::device, fmt::format("the CUDA driver cannot be loaded: {}; it comes with NVIDIA's driver, "
                                               "and $SLABRING_CUDA_DRIVER may name another",
                                               dlerror()));
  }
  return handle;
}

template <class Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr) {
    throw Error(ErrorCode::device,
                fmt::format("the CUDA driver has no function {}: it is too old, or no such library", name));
  }
}

/// The names with _v2 are what cuda.h makes of the plain ones.
Functions functions_of(void* library) {
  Functions found{};
  find(library, "cuInit", found.init);
  find(library, "cuGetErrorName", found.error_name);
  find(library, "cuGetErrorString", found.error_string);
  find(library, "cuDeviceGetCount", found.device_count);
  find(library, "cuDeviceGet", found.device_get);
  find(library, "cuDevicePrimaryCtxRetain", found.context_retain);
  find(library, "cuDevicePrimaryCtxRelease_v2", found.context_release);
  find(library, "cuCtxPushCurrent_v2", found.context_push);
  find(library, "cuCtxPopCurrent_v2", found.context_pop);
  find(library, "cuCtxGetDevice", found.context_device);
  find(library, "cuCtxSynchronize", found.context_synchronize);
  find(library, "cuMemHostRegister_v2", found.host_register);
  find(library, "cuMemHostUnregister", found.host_unregister);
  find(library, "cuMemAlloc_v2", found.allocate);
  find(library, "cuMemFree_v2", found.free);
  find(library, "cuMemcpyHtoDAsync_v2", found.copy_to_device);
  find(library, "cuStreamCreate", found.stream_create);
  find(library, "cuStreamDestroy_v2", found.stream_destroy);
  find(library, "cuStreamSynchronize", found.stream_synchronize);
  find(library, "cuStreamWaitEvent", found.stream_wait);
  find(library, "cuEventCreate", found.event_create);
  find(library, "cuEventRecord", found.event_record);
  find(library, "cuEventQuery", found.event_query);
  find(library, "cuEventSynchronize", found.event_synchronize);
  find(library, "cuEventDestroy_v2", found.event_destroy);
  return found;
}

/// The GPU whose context is current in this thread; else the first.
int current_device(const Functions& call) noexcept {
  Device device = 0;
  return call.context_device(&device) == success ? device : 0;
}

}  // namespace

std::shared_ptr<const Driver> Driver::load(const std::string& library) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Driver>> loaded;
  const std::lock_guard lock(mutex);
  std::shared_ptr<const Driver>& driver = loaded[library];
  if (driver == nullptr) driver = std::make_shared<Driver>(library);
  return driver;
}

Driver::Driver(const std::string& library) : library_(library), functions_(functions_of(open_library(library))) {
  check(functions_.init(0), "cuInit");
}

void Driver::check(Result result, const char* function) const {
  if (result == success) return;
  const char* name = nullptr;
  const char* sentence = nullptr;
  if (functions_.error_name(result, &name) != success || name == nullptr) name = "an error it does not know";
  if (functions_.error_string(result, &sentence) != success || sentence == nullptr) sentence = "";
  throw Error(ErrorCode::device, fmt::format("{} of {} says {} ({}): {}", function, library_, name, result, sentence));
}

PrimaryContext::PrimaryContext(const CudaOptions& options)
    : driver_(Driver::load(library_of(options))), owner_(getpid()) {
  int count = 0;
  check(call().device_count(&count), "cuDeviceGetCount");
  ordinal_ = options.device.value_or(current_device(call()));
  if (ordinal_ < 0 || ordinal_ >= count) {
    throw Error(ErrorCode::device, fmt::format("device is {}; the CUDA driver shows {} of them, numbered from 0 "
                                               "(CUDA_VISIBLE_DEVICES chooses)",
                                               ordinal_, count));
  }
  check(call().device_get(&device_, ordinal_), "cuDeviceGet");
  check(call().context_retain(&context_, device_), "cuDevicePrimaryCtxRetain");
}

PrimaryContext::~PrimaryContext() {
  if (is_ours()) call().context_release(device_);
}

bool PrimaryContext::is_ours() const noexcept { return getpid() == owner_; }

PrimaryContext::Current::Current(const PrimaryContext& context) noexcept
    : context_(context), pushed_(context.call().context_push(context.context_) == success) {}

PrimaryContext::Current::~Current() {
  Context popped = nullptr;
  if (pushed_) context_.call().context_pop(&popped);
}

}  // namespace slabring::cuda
