#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.hpp"
#include "process/attach_socket.hpp"

namespace slabring {

/// Lets workers in that were started by hand: the coordinator's end of an AttachDoor. Never blocks.
class AttachPorter {
 public:
  /// Lets nobody in.
  AttachPorter() = default;
  /// `outfit`: the descriptors that a worker is given, in the order of setup_fd, control_memory_fd ... They stay the
  /// caller's. Throws Error(process).
  AttachPorter(pid_t trainer, std::vector<int> outfit);

  /// Somebody who has said what he wants.
  struct Visitor {
    UniqueFd socket;
    pid_t pid = -1;
    UniqueFd pidfd;
    AttachRequest::Wish wish{};
  };

  /// Appends what is to be polled for POLLIN.
  void watch(std::vector<pollfd>& entries) const;
  /// Those whose requests have arrived. Strangers are sent away.
  std::vector<Visitor> visitors();

  /// Returns the connection that the visitor made before this one, and by whose end it dies: its lifeline. Empty: the
  /// visitor has gone, or made none.
  UniqueFd admit(const Visitor& visitor, std::uint32_t slot) noexcept;

 private:
  struct Knock {
    UniqueFd socket;
    std::optional<pid_t> pid;  ///< nothing: a stranger
  };
  void open();
  UniqueFd take_lifeline(pid_t pid) noexcept;
  /// Or why not.
  static std::variant<Visitor, std::string> examine(Knock& knock, const AttachRequest& request, bool whole);

  UniqueFd door_;
  std::vector<int> outfit_;
  std::vector<Knock> knocks_;  ///< connected, and silent so far
};

}  // namespace slabring
