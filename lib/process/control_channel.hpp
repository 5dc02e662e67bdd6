#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"

namespace slabring {

/// What coordinator and trainer tell each other; nothing of it is needed per batch.
struct ControlMessage {
  enum class Kind : std::uint32_t {
    ready = 1,   ///< coordinator: the ring is allocated, the workers are started
    failed = 2,  ///< coordinator: cannot go on; text says why; it ends now
    death = 3,   ///< coordinator: a worker died; text says which and how
  };
  static constexpr std::size_t text_bytes = 1000;

  Kind kind{};
  std::uint32_t slot = 0;
  std::int32_t pid = 0;
  std::uint32_t rows_redone = 0;
  std::uint32_t quarantined = 0;
  char text[text_bytes] = {};  ///< zero-terminated unless hostile

  void set_text(std::string_view words) noexcept;
  std::string_view text_view() const noexcept;
};

/// One end of a SOCK_SEQPACKET pair. Never blocks but in wait().
class ControlChannel {
 public:
  ControlChannel() = default;
  explicit ControlChannel(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  /// Two connected ends. Throws Error(io).
  static std::pair<ControlChannel, ControlChannel> make_pair();

  /// False when the other end is gone or does not read; the message is lost then.
  bool send(const ControlMessage& message) noexcept;
  /// The next message, if one is there.
  std::optional<ControlMessage> receive() noexcept;

  int fd() const noexcept { return fd_.get(); }
  /// Ends the connection for every process that holds a copy of this end.
  void shut_down() noexcept;
  void close() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace slabring
