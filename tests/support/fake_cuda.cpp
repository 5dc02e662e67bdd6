// A CUDA driver without a GPU: memory is malloc's, and what is queued on a stream is done as late as it may be. A copy
// reads its source when it is done, not when it is queued, so whoever writes there too early, or reads the result too
// early, gets wrong bytes. An event that is asked for comes a step nearer each time; only waiting makes it come.
#include "support/fake_cuda.hpp"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

constexpr int success = 0;
constexpr int invalid_value = 1;
constexpr int out_of_memory = 2;
constexpr int invalid_device = 101;
constexpr int invalid_context = 201;
constexpr int already_registered = 712;
constexpr int not_registered = 713;
constexpr int not_ready = 600;
constexpr int devices = 2;

struct Stream {
  std::deque<std::function<void()>> queue;
  std::size_t queued = 0;
  std::size_t done = 0;

  void put(std::function<void()> work) {
    queue.push_back(std::move(work));
    ++queued;
  }
  bool step() {
    if (queue.empty()) return false;
    const std::function<void()> work = std::move(queue.front());
    queue.pop_front();
    work();
    ++done;
    return true;
  }
  void run_to(std::size_t ticket) {
    while (done < ticket && step()) {
    }
  }
};

struct Event {
  Stream* stream = nullptr;
  std::size_t ticket = 0;
  bool has_come() const { return stream == nullptr || stream->done >= ticket; }
  void wait() const {
    if (stream != nullptr) stream->run_to(ticket);
  }
};

struct Driver {
  std::recursive_mutex mutex;
  std::map<std::string, int> counts;
  std::map<std::string, std::pair<int, int>> failures;
  std::string mistakes;
  std::map<char*, std::size_t> registered;
  std::map<std::uint64_t, std::size_t> allocated;
  std::vector<std::unique_ptr<Stream>> streams;  // never freed, so that events of ended ones stay sound
  Stream legacy;
  Stream per_thread;
  bool initialized = false;
};

Driver& driver() {
  static auto* const one = new Driver;  // outlives everything that ends with the process
  return *one;
}

thread_local std::vector<int> contexts;

/// Counts the call; another result than success: it was told to fail, or has no context.
int called(const std::string& function, bool wants_context = true) {
  Driver& d = driver();
  ++d.counts[function];
  const auto planned = d.failures.find(function);
  if (planned != d.failures.end() && planned->second.first-- == 0) {
    const int result = planned->second.second;
    d.failures.erase(planned);
    return result;
  }
  if (!d.initialized || (wants_context && contexts.empty())) {
    d.mistakes += function + ": no context is current\n";
    return invalid_context;
  }
  return success;
}

Stream& stream_of(std::uintptr_t handle) {
  if (handle <= 1) return driver().legacy;
  if (handle == 2) return driver().per_thread;
  return *reinterpret_cast<Stream*>(handle);  // NOLINT
}

void finish_all() {
  Driver& d = driver();
  for (bool moved = true; moved;) {
    moved = d.legacy.step();
    moved = d.per_thread.step() || moved;
    for (const auto& stream : d.streams) moved = stream->step() || moved;
  }
}

enum class Pinned { whole, none, across };

Pinned pinned(const char* from, std::size_t bytes) {
  for (const auto& [begin, size] : driver().registered) {
    const bool begins = from >= begin && from < begin + size;
    const bool ends = from + bytes > begin && from + bytes <= begin + size;
    if (begins && ends) return Pinned::whole;
    if (begins || ends) return Pinned::across;
  }
  return Pinned::none;
}

bool lies_in_memory(std::uint64_t address, std::size_t bytes) {
  for (const auto& [begin, size] : driver().allocated) {
    if (address >= begin && address + bytes <= begin + size) return true;
  }
  return false;
}

char* host(std::uint64_t address) { return reinterpret_cast<char*>(address); }  // NOLINT

using Lock = std::lock_guard<std::recursive_mutex>;

}  // namespace

// As in cuda.h: https://docs.nvidia.com/cuda/cuda-driver-api/
extern "C" {

int cuInit(unsigned) {
  const Lock lock(driver().mutex);
  driver().initialized = true;
  return called("cuInit", false);
}

int cuGetErrorName(int result, const char** name) {
  *name = result == out_of_memory ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_PLANNED";
  return success;
}

int cuGetErrorString(int, const char** sentence) {
  *sentence = "a test wanted it";
  return success;
}

int cuDeviceGetCount(int* count) {
  *count = devices;
  return called("cuDeviceGetCount", false);
}

int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal < 0 || ordinal >= devices ? invalid_device : called("cuDeviceGet", false);
}

int cuDevicePrimaryCtxRetain(std::uintptr_t* context, int device) {
  const Lock lock(driver().mutex);
  *context = static_cast<std::uintptr_t>(device) + 100;
  return called("cuDevicePrimaryCtxRetain", false);
}

int cuDevicePrimaryCtxRelease_v2(int) {
  const Lock lock(driver().mutex);
  return called("cuDevicePrimaryCtxRelease", false);
}

int cuCtxPushCurrent_v2(std::uintptr_t context) {
  contexts.push_back(static_cast<int>(context) - 100);
  return success;
}

int cuCtxPopCurrent_v2(std::uintptr_t* context) {
  if (contexts.empty()) return invalid_context;
  *context = static_cast<std::uintptr_t>(contexts.back()) + 100;
  contexts.pop_back();
  return success;
}

int cuCtxGetDevice(int* device) {
  if (contexts.empty()) return invalid_context;
  *device = contexts.back();
  return success;
}

int cuCtxSynchronize() {
  const Lock lock(driver().mutex);
  if (const int result = called("cuCtxSynchronize")) return result;
  finish_all();
  return success;
}

int cuMemHostRegister_v2(void* memory, std::size_t bytes, unsigned) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuMemHostRegister")) return result;
  if (pinned(static_cast<char*>(memory), bytes) != Pinned::none) return already_registered;
  driver().registered[static_cast<char*>(memory)] = bytes;
  return success;
}

int cuMemHostUnregister(void* memory) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuMemHostUnregister")) return result;
  static_cast<volatile char*>(memory)[0];  // it must still be mapped
  return driver().registered.erase(static_cast<char*>(memory)) == 1 ? success : not_registered;
}

int cuMemAlloc_v2(std::uint64_t* memory, std::size_t bytes) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuMemAlloc")) return result;
  *memory = reinterpret_cast<std::uintptr_t>(std::malloc(bytes));
  std::memset(host(*memory), 0xEE, bytes);
  driver().allocated[*memory] = bytes;
  return success;
}

int cuMemFree_v2(std::uint64_t memory) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuMemFree")) return result;
  finish_all();
  if (driver().allocated.erase(memory) == 0) return invalid_value;
  std::free(host(memory));
  return success;
}

int cuMemcpyHtoDAsync_v2(std::uint64_t to, const void* from, std::size_t bytes, std::uintptr_t stream) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuMemcpyHtoDAsync")) return result;
  const auto* const source = static_cast<const char*>(from);
  const Pinned kind = pinned(source, bytes);
  if (kind == Pinned::across) driver().mistakes += "cuMemcpyHtoDAsync: the source lies across two registrations\n";
  if (kind == Pinned::across || !lies_in_memory(to, bytes)) return invalid_value;
  if (kind == Pinned::whole) {
    stream_of(stream).put([=] { std::memcpy(host(to), source, bytes); });
  } else {  // a real driver has taken it somewhere else when it returns
    const auto staged = std::make_shared<const std::string>(source, bytes);
    stream_of(stream).put([=] { std::memcpy(host(to), staged->data(), bytes); });
  }
  return success;
}

int cuStreamCreate(std::uintptr_t* stream, unsigned) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuStreamCreate")) return result;
  *stream = fake_cuda_stream();
  return success;
}

int cuStreamDestroy_v2(std::uintptr_t stream) {
  const Lock lock(driver().mutex);
  fake_cuda_finish(stream);
  return called("cuStreamDestroy");
}

int cuStreamSynchronize(std::uintptr_t stream) {
  const Lock lock(driver().mutex);
  fake_cuda_finish(stream);
  return called("cuStreamSynchronize");
}

int cuStreamWaitEvent(std::uintptr_t stream, Event* event, unsigned) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuStreamWaitEvent")) return result;
  stream_of(stream).put([then = *event] { then.wait(); });
  return success;
}

int cuEventCreate(Event** event, unsigned) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuEventCreate")) return result;
  *event = new Event;
  return success;
}

int cuEventRecord(Event* event, std::uintptr_t stream) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuEventRecord")) return result;
  *event = {&stream_of(stream), stream_of(stream).queued};
  return success;
}

int cuEventQuery(Event* event) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuEventQuery")) return result;
  if (event->has_come()) return success;
  event->stream->step();
  return not_ready;
}

int cuEventSynchronize(Event* event) {
  const Lock lock(driver().mutex);
  if (const int result = called("cuEventSynchronize")) return result;
  event->wait();
  return success;
}

int cuEventDestroy_v2(Event* event) {
  const Lock lock(driver().mutex);
  delete event;
  return called("cuEventDestroy");
}

void fake_cuda_reset() {
  const Lock lock(driver().mutex);
  driver().counts.clear();
  driver().failures.clear();
  driver().mistakes.clear();
}

void fake_cuda_fail(const char* function, int calls, int result) {
  const Lock lock(driver().mutex);
  driver().failures[function] = {calls, result};
}

int fake_cuda_count(const char* function) {
  const Lock lock(driver().mutex);
  return driver().counts[function];
}

const char* fake_cuda_mistakes() { return driver().mistakes.c_str(); }

std::size_t fake_cuda_registered_bytes() {
  const Lock lock(driver().mutex);
  std::size_t sum = 0;
  for (const auto& [begin, size] : driver().registered) sum += size;
  return sum;
}

std::size_t fake_cuda_device_bytes() {
  const Lock lock(driver().mutex);
  std::size_t sum = 0;
  for (const auto& [begin, size] : driver().allocated) sum += size;
  return sum;
}

void fake_cuda_read(std::uintptr_t stream, std::uint64_t address, std::size_t bytes, void* out) {
  const Lock lock(driver().mutex);
  stream_of(stream).put([=] { std::memcpy(out, host(address), bytes); });
}

void fake_cuda_finish(std::uintptr_t stream) {
  const Lock lock(driver().mutex);
  if (stream == 0) return finish_all();
  Stream& one = stream_of(stream);
  one.run_to(one.queued);
}

std::uintptr_t fake_cuda_stream() {
  const Lock lock(driver().mutex);
  driver().streams.push_back(std::make_unique<Stream>());
  return reinterpret_cast<std::uintptr_t>(driver().streams.back().get());
}

}  // extern "C"
