#pragma once

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

namespace slabring {

/// A thread that makes one blocking call, and can be asked whether it sleeps in it.
class Sleeper {
 public:
  explicit Sleeper(std::function<void()> block)
      : thread_([this, block = std::move(block)] {
          id_.store(gettid());
          block();
          awake_.store(true);
        }) {}
  ~Sleeper() { thread_.join(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  bool awake() const noexcept { return awake_.load(); }
  void wait_until_asleep() const {
    while (!asleep()) std::this_thread::yield();
  }
  void wait_until_awake() const {
    while (!awake()) std::this_thread::yield();
  }

 private:
  /// The kernel's word for it: state S.
  bool asleep() const {
    if (id_.load() == 0) return false;
    std::ifstream file("/proc/self/task/" + std::to_string(id_.load()) + "/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string::npos && line[name_end + 2] == 'S';
  }

  std::atomic<pid_t> id_{0};
  std::atomic<bool> awake_{false};
  std::thread thread_;
};

}  // namespace slabring
