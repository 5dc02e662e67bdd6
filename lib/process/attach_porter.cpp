#include "process/attach_porter.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace slabring {
namespace {

/// More are not kept: whoever connects and says nothing must not cost descriptors.
constexpr std::size_t most_silent = 8;

}  // namespace

AttachPorter::AttachPorter(pid_t trainer, std::vector<int> outfit)
    : door_(open_door({trainer, getpid()})), outfit_(std::move(outfit)) {}

void AttachPorter::watch(std::vector<pollfd>& entries) const {
  entries.push_back({door_.get(), POLLIN, 0});  // -1 is skipped
  for (const Knock& knock : knocks_) entries.push_back({knock.socket.get(), POLLIN, 0});
}

void AttachPorter::open() {
  while (door_) {
    UniqueFd socket(accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    if (knocks_.size() == most_silent) knocks_.erase(knocks_.begin());
    const auto peer = peer_of(socket.get());
    knocks_.push_back({std::move(socket), peer});
  }
}

std::variant<AttachPorter::Visitor, std::string> AttachPorter::examine(Knock& knock, const AttachRequest& request,
                                                                       bool whole) {
  if (!knock.pid) return "the loader is another user's, or in another pid namespace";
  if (!whole) return "the request is malformed";
  if (std::string fault = request.fault(); !fault.empty()) return fault;
  UniqueFd pidfd = pidfd_of_peer(knock.socket.get(), *knock.pid);
  if (!pidfd) return "this kernel cannot say for certain which process the worker is";
  return Visitor{std::move(knock.socket), *knock.pid, std::move(pidfd), request.wish};
}

UniqueFd AttachPorter::take_lifeline(pid_t pid) noexcept {
  for (auto knock = knocks_.begin(); knock != knocks_.end(); ++knock) {
    if (knock->pid != pid) continue;
    UniqueFd found = std::move(knock->socket);
    knocks_.erase(knock);
    return found;
  }
  return {};
}

std::vector<AttachPorter::Visitor> AttachPorter::visitors() {
  open();
  std::vector<Visitor> arrived;
  for (auto knock = knocks_.begin(); knock != knocks_.end();) {
    AttachRequest request;
    const ssize_t got = recv(knock->socket.get(), &request, sizeof request, MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      ++knock;
      continue;
    }
    if (got > 0) {
      auto result = examine(*knock, request, got == static_cast<ssize_t>(sizeof request));
      if (auto* const visitor = std::get_if<Visitor>(&result)) {
        arrived.push_back(std::move(*visitor));
      } else {
        send_reply(knock->socket.get(), AttachReply::refusal(std::get<std::string>(result)), {});
      }
    }
    knock = knocks_.erase(knock);
  }
  return arrived;
}

UniqueFd AttachPorter::admit(const Visitor& visitor, std::uint32_t slot) noexcept {
  UniqueFd lifeline = take_lifeline(visitor.pid);
  if (!lifeline) {
    send_reply(visitor.socket.get(), AttachReply::refusal("it has no second connection, by whose end it dies"), {});
    return {};
  }
  AttachReply reply;
  reply.accepted = 1;
  reply.number = slot;
  if (!send_reply(visitor.socket.get(), reply, outfit_)) return {};
  return lifeline;
}

}  // namespace slabring
