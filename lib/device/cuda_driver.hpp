#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "slabring/cuda.hpp"

/// The part of the CUDA driver's interface that slabring calls. Declared here, so that it is built without the toolkit;
/// the driver (libcuda.so.1) keeps these for ever, where the toolkit's libcudart has a name for each of its versions,
/// and is there wherever a GPU can be used. Names, numbers and signatures are those of cuda.h.
namespace slabring::cuda {

using Result = int;
inline constexpr Result success = 0;
inline constexpr Result not_ready = 600;

using Device = int;
using Context = struct ContextRecord*;
using Stream = struct StreamRecord*;
using Event = struct EventRecord*;
using Address = std::uint64_t;

inline constexpr unsigned register_portable = 1;     ///< CU_MEMHOSTREGISTER_PORTABLE: pinned for every context
inline constexpr unsigned stream_non_blocking = 1;   ///< CU_STREAM_NON_BLOCKING: does not wait for the default stream
inline constexpr unsigned event_without_timing = 2;  ///< CU_EVENT_DISABLE_TIMING

/// What a driver library exports, and nothing else: its functions return what went wrong.
struct Functions {
  Result (*init)(unsigned flags);
  Result (*error_name)(Result result, const char** name);
  Result (*error_string)(Result result, const char** sentence);
  Result (*device_count)(int* count);
  Result (*device_get)(Device* device, int ordinal);
  Result (*context_retain)(Context* context, Device device);
  Result (*context_release)(Device device);
  Result (*context_push)(Context context);
  Result (*context_pop)(Context* context);
  Result (*context_device)(Device* device);
  Result (*context_synchronize)();
  Result (*host_register)(void* memory, std::size_t bytes, unsigned flags);
  Result (*host_unregister)(void* memory);
  Result (*allocate)(Address* memory, std::size_t bytes);
  Result (*free)(Address memory);
  Result (*copy_to_device)(Address to, const void* from, std::size_t bytes, Stream stream);
  Result (*stream_create)(Stream* stream, unsigned flags);
  Result (*stream_destroy)(Stream stream);
  Result (*stream_synchronize)(Stream stream);
  Result (*stream_wait)(Stream stream, Event event, unsigned flags);
  Result (*event_create)(Event* event, unsigned flags);
  Result (*event_record)(Event event, Stream stream);
  Result (*event_query)(Event event);
  Result (*event_synchronize)(Event event);
  Result (*event_destroy)(Event event);
};

/// A loaded driver. It stays loaded as long as the process lives, as code of its own may run when that ends.
class Driver {
 public:
  /// Throws Error(device): it cannot be loaded, lacks a function, or finds no GPU. Each library is loaded once.
  static std::shared_ptr<const Driver> load(const std::string& library);

  explicit Driver(const std::string& library);
  const Functions& call() const noexcept { return functions_; }
  /// Throws Error(device) with the function and the driver's own words, unless `result` is success.
  void check(Result result, const char* function) const;

 private:
  std::string library_;
  Functions functions_{};
};

/// The primary context of a GPU, which is the one that the CUDA runtime, and so PyTorch, uses too.
class PrimaryContext {
 public:
  /// Throws Error(device).
  explicit PrimaryContext(const CudaOptions& options);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

  const Driver& driver() const noexcept { return *driver_; }
  const Functions& call() const noexcept { return driver_->call(); }
  void check(Result result, const char* function) const { driver_->check(result, function); }
  int device() const noexcept { return ordinal_; }
  /// This process made it: a fork of it can call nothing of the driver.
  bool is_ours() const noexcept;

  /// Makes it the calling thread's current context for a while; nearly every function of the driver wants one.
  class Current {
   public:
    explicit Current(const PrimaryContext& context) noexcept;
    ~Current();
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

   private:
    const PrimaryContext& context_;
    bool pushed_;
  };

 private:
  std::shared_ptr<const Driver> driver_;
  int ordinal_ = 0;
  Device device_ = 0;
  Context context_ = nullptr;
  int owner_;  ///< the process
};

}  // namespace slabring::cuda
