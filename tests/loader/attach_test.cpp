#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "loader/calm_loader.hpp"
#include "process/attach_socket.hpp"
#include "process/child_process.hpp"
#include "process/sandbox.hpp"
#include "process/worker_program.hpp"
#include "support/process_table.hpp"
#include "sync/fault_point.hpp"

namespace slabring {
namespace {

using test::eventually;
using test::stream;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// `slabring-worker OPTION PID` in a folder of its own, as an operator would run it.
class ByHand {
 public:
  ByHand(const char* option, pid_t of, const char* fault = nullptr) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    const std::string program = find_worker_program("");
    const std::string number = std::to_string(of);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      if (fault != nullptr) setenv("SLABRING_FAULT", fault, 1);
      if (chdir("/") == 0) execl(program.c_str(), program.c_str(), option, number.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_.reset(ends[0]);
  }
  ~ByHand() {
    if (reaped_) return;
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  ByHand(const ByHand&) = delete;
  ByHand& operator=(const ByHand&) = delete;

  pid_t pid() const noexcept { return pid_; }
  /// All that it printed, once it has ended.
  std::string words() const {
    std::string text;
    char room[512];
    for (ssize_t got = 0; (got = read(output_.get(), room, sizeof room)) > 0;) {
      text.append(room, static_cast<std::size_t>(got));
    }
    return text;
  }
  /// Waits for it.
  Ending ending() {
    reaped_ = true;
    return reap(pid_).value_or(Ending{});
  }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
  bool reaped_ = false;
};

class AttachTest : public test::CalmLoader {
 protected:
  static LoaderOptions options(StartMethod method = StartMethod::forkserver) {
    LoaderOptions chosen = CalmLoader::options(method, 1);
    chosen.attachable = 2;
    return chosen;
  }
  /// All of them have joined.
  static bool joined(const Loader& loader, int count) {
    return eventually([&] { return loader.stats().attached_workers == count; });
  }
};

TEST_F(AttachTest, WorkersThatJoinHelpAndChangeNoByte) {
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    Loader loader(*dataset_, pipeline(), options(method));
    const ByHand one("--attach", getpid());
    ASSERT_TRUE(joined(loader, 1));
    const ByHand two("--attach", getpid());
    ASSERT_TRUE(joined(loader, 2));
    EXPECT_THAT(loader.stats().worker_pids, ::testing::IsSupersetOf({one.pid(), two.pid()}));
    EXPECT_EQ(stream(loader, 3), calm_) << to_string(method);
    EXPECT_EQ(loader.stats().worker_deaths, 0U);
  }
}

TEST_F(AttachTest, AnAttachedWorkerDoesTheWorkWhereTheOtherOneIsStopped) {
  Loader loader(*dataset_, pipeline(), options());
  const auto own = loader.stats().worker_pids;
  ASSERT_EQ(own.size(), 1U);
  loader.epoch(0);
  std::vector<std::uint64_t> got{test::digest(loader.next())};
  const ByHand guest("--attach", getpid());
  ASSERT_TRUE(joined(loader, 1));
  // It sleeps when nothing is free, so it has no row in hand.
  ASSERT_TRUE(eventually([&] { return test::process_state(own[0]) == 'S'; }));
  kill(own[0], SIGSTOP);
  while (got.size() < 13) got.push_back(test::digest(loader.next()));
  kill(own[0], SIGCONT);
  EXPECT_EQ(got, std::vector(calm_.begin(), calm_.begin() + 13));
}

TEST_F(AttachTest, KilledAtAnyStepTheRestGoesOnWithTheSameBytes) {
  if (!fault_points_compiled_in) GTEST_SKIP() << "this build has no fault points";
  for (const char* fault : {"claim_cas:3", "active_set:3", "row_half_written:3", "row_written:3", "done_set:2",
                            "published:2", "sleeping:1"}) {
    Loader loader(*dataset_, pipeline(), options());
    ByHand guest("--attach", getpid(), fault);
    ASSERT_TRUE(eventually([&] { return loader.stats().attached_workers > 0 || loader.stats().worker_deaths > 0; }))
        << fault;
    EXPECT_EQ(stream(loader, 3), calm_) << fault;
    EXPECT_TRUE(eventually([&] { return loader.stats().attached_workers == 0; })) << fault;
    EXPECT_EQ(loader.stats().quarantined, 0U);
  }
}

TEST_F(AttachTest, KilledAgainAndAgainNothingIsLostAndNobodyBlamed) {
  Loader loader(*dataset_, pipeline(), options());
  std::vector<std::uint64_t> got;
  std::unique_ptr<ByHand> guest;
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) {
      got.push_back(test::digest(batch));
      if (got.size() % 4 == 1) {
        guest = std::make_unique<ByHand>("--attach", getpid());  // the destructor kills the one before
        ASSERT_TRUE(eventually([&] { return loader.stats().attached_workers > 0; }));
      }
    }
  }
  EXPECT_EQ(got, calm_);
  EXPECT_EQ(loader.stats().quarantined, 0U);
}

TEST_F(AttachTest, DetachedWorkersLeaveAndCountAsNoDeath) {
  Loader loader(*dataset_, pipeline(), options());
  std::vector<std::uint64_t> got;
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    ByHand one("--attach", getpid());
    ByHand two("--attach", getpid());
    ASSERT_TRUE(joined(loader, 2));
    for (Batch& batch : loader.epoch(epoch)) {
      got.push_back(test::digest(batch));
      if (batch.index() != 1) continue;
      ByHand leave("--detach", getpid());
      EXPECT_EQ(leave.words(), "2\n");
      EXPECT_EQ(leave.ending().code, 0);
      one.ending();
      two.ending();
    }
    EXPECT_TRUE(joined(loader, 0));
  }
  EXPECT_EQ(got, calm_);
  EXPECT_EQ(loader.stats().worker_deaths, 0U);
}

TEST_F(AttachTest, InterruptingItIsLeaving) {
  Loader loader(*dataset_, pipeline(), options());
  ByHand guest("--attach", getpid());
  ASSERT_TRUE(joined(loader, 1));
  kill(guest.pid(), SIGINT);
  EXPECT_EQ(guest.ending().code, SIGINT);
  EXPECT_EQ(stream(loader, 3), calm_);
}

TEST_F(AttachTest, EndsWithItsLoader) {
  std::optional<Loader> loader;
  loader.emplace(*dataset_, pipeline(), options());
  ByHand guest("--attach", getpid());
  ASSERT_TRUE(joined(*loader, 1));
  loader.reset();
  const Ending ending = guest.ending();
  EXPECT_FALSE(ending.by_signal);
  EXPECT_EQ(ending.code, 0);
  EXPECT_THAT(guest.words(), HasSubstr("joined the loader of process " + std::to_string(getpid()) + " as worker 1"));
}

TEST_F(AttachTest, DiesWithTheCoordinatorAlsoWhenStoppedAndTheNextOneLetsWorkersInAgain) {
  Loader loader(*dataset_, pipeline(), options());
  ByHand guest("--attach", getpid());
  ASSERT_TRUE(joined(loader, 1));
  kill(guest.pid(), SIGSTOP);
  kill(loader.stats().coordinator_pid, SIGKILL);
  EXPECT_EQ(guest.ending().code, SIGKILL);
  EXPECT_EQ(stream(loader, 2), std::vector(calm_.begin(), calm_.begin() + 26));
  EXPECT_EQ(loader.stats().takeovers, 1U);
  const ByHand again("--attach", getpid());
  ASSERT_TRUE(joined(loader, 1));
  loader.epoch(2);
  EXPECT_EQ(test::digest(loader.next()), calm_[26]);
}

TEST_F(AttachTest, HoldsNoDescriptorButTheLifePipeAndItsLifeline) {
  Loader loader(*dataset_, pipeline(), options());
  const ByHand guest("--attach", getpid());
  ASSERT_TRUE(joined(loader, 1));
  const std::filesystem::path fds = "/proc/" + std::to_string(guest.pid()) + "/fd";
  EXPECT_TRUE(eventually([&] { return test::names_in(fds) == std::set<std::string>{"0", "1", "2", "3", "4"}; }));
  std::error_code ignored;
  EXPECT_THAT(std::filesystem::read_symlink(fds / "3", ignored).string(), HasSubstr("pipe:"));
  EXPECT_THAT(std::filesystem::read_symlink(fds / "4", ignored).string(), HasSubstr("socket:"));
}

/// Lines of /proc/PID/status that say what a process may do.
std::vector<std::string> rights_of(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  std::vector<std::string> rights;
  for (std::string line; std::getline(status, line);) {
    for (const char* name : {"NoNewPrivs:", "Seccomp:", "CapEff:"}) {
      if (line.starts_with(name)) rights.push_back(line);
    }
  }
  return rights;
}

TEST_F(AttachTest, IsInTheSameSandboxAsTheOthers) {
  for (const Sandbox sandbox : {Sandbox::automatic, Sandbox::off}) {
    LoaderOptions chosen = options();
    chosen.sandbox = sandbox;
    Loader loader(*dataset_, pipeline(), chosen);
    const auto own = loader.stats().worker_pids;
    ASSERT_EQ(own.size(), 1U);
    const ByHand guest("--attach", getpid());
    ASSERT_TRUE(joined(loader, 1));
    stream(loader, 1);  // both have begun to work or have gone to sleep, which comes after their set-up
    ASSERT_EQ(rights_of(own[0]).size(), 3U);
    EXPECT_TRUE(eventually([&] { return rights_of(guest.pid()) == rights_of(own[0]); })) << to_string(sandbox);
    EXPECT_EQ(loader.stats().sandbox, sandbox == Sandbox::off ? "off" : describe_sandbox(sandbox_parts_available()));
  }
}

TEST_F(AttachTest, NotAllowedIsASentenceAndNotAWait) {
  LoaderOptions closed = options();
  closed.attachable = 0;
  const Loader loader(*dataset_, pipeline(), closed);
  ByHand guest("--attach", getpid());
  EXPECT_THAT(guest.words(), AllOf(HasSubstr(std::to_string(getpid())), HasSubstr("attachable")));
  EXPECT_EQ(guest.ending().code, 1);
}

TEST_F(AttachTest, MoreThanThePlacesIsRefused) {
  const Loader loader(*dataset_, pipeline(), options());
  const ByHand one("--attach", getpid());
  const ByHand two("--attach", getpid());
  ASSERT_TRUE(joined(loader, 2));
  ByHand three("--attach", getpid());
  EXPECT_THAT(three.words(), HasSubstr("all 2 places for workers that join by hand are taken"));
  EXPECT_EQ(three.ending().code, 1);
}

TEST_F(AttachTest, OfSeveralLoadersOneIsNamedByItsCoordinator) {
  const Loader first(*dataset_, pipeline(), options());
  const Loader second(*dataset_, pipeline(), options());
  ByHand unclear("--attach", getpid());
  EXPECT_THAT(unclear.words(), AllOf(HasSubstr("2 loaders"), HasSubstr(std::to_string(first.stats().coordinator_pid)),
                                     HasSubstr(std::to_string(second.stats().coordinator_pid))));
  const ByHand clear("--attach", second.stats().coordinator_pid);
  EXPECT_TRUE(joined(second, 1));
  EXPECT_EQ(first.stats().attached_workers, 0);
}

TEST_F(AttachTest, OtherVersionsRubbishAndSilenceAreSentAwayAndTheDoorStaysOpen) {
  const Loader loader(*dataset_, pipeline(), options());
  const AttachDoor door{getpid(), loader.stats().coordinator_pid};
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(knock(door));
  std::vector<UniqueFd> none;
  const auto answer_to = [&](const auto& request) {
    const UniqueFd socket = knock(door);
    EXPECT_GT(send(socket.get(), &request, sizeof request, MSG_NOSIGNAL), 0);
    return std::string(receive_reply(socket.get(), none).text_view());
  };
  AttachRequest other = AttachRequest::for_wish(AttachRequest::Wish::join);
  other.version[0] = '9';
  EXPECT_THAT(answer_to(other), HasSubstr("of the same build"));
  AttachRequest layout = AttachRequest::for_wish(AttachRequest::Wish::join);
  ++layout.abi;
  EXPECT_THAT(answer_to(layout), HasSubstr("of the same build"));
  EXPECT_THAT(answer_to(AttachRequest::for_wish(AttachRequest::Wish{7})), HasSubstr("neither to join nor to detach"));
  EXPECT_THAT(answer_to(std::array<char, 3>{'h', 'e', 'y'}), HasSubstr("malformed"));
  EXPECT_THAT(answer_to(std::array<char, 4000>{}), HasSubstr("malformed"));
  EXPECT_TRUE(none.empty());
  const ByHand guest("--attach", getpid());
  EXPECT_TRUE(joined(loader, 1));
}

TEST_F(AttachTest, AnotherUserIsSentAway) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const Loader loader(*dataset_, pipeline(), options());
  const AttachDoor door{getpid(), loader.stats().coordinator_pid};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = door.socket_name();
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const pid_t stranger = fork();
  if (stranger == 0) {
    constexpr uid_t nobody = 65534;
    const UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (setresuid(nobody, nobody, nobody) != 0) _exit(2);
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) _exit(3);
    const AttachRequest request = AttachRequest::for_wish(AttachRequest::Wish::join);
    send(socket.get(), &request, sizeof request, MSG_NOSIGNAL);
    std::vector<UniqueFd> fds;
    const AttachReply reply = receive_reply(socket.get(), fds);
    _exit(reply.accepted == 0 && fds.empty() && reply.text_view().find("another user's") != std::string::npos ? 0 : 4);
  }
  EXPECT_EQ(reap(stranger).value_or(Ending{true, 0}).code, 0);
  EXPECT_EQ(loader.stats().attached_workers, 0);
}

TEST_F(AttachTest, OptionsThatCannotBeAreRefused) {
  const auto refusal = [&](const LoaderOptions& asked) {
    try {
      const Loader loader(*dataset_, pipeline(), asked);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  LoaderOptions asked = options(StartMethod::fork);
  EXPECT_THAT(refusal(asked), AllOf(HasSubstr("attachable is 2"), HasSubstr("forkserver or spawn")));
  asked = options();
  asked.workers = 0;
  EXPECT_THAT(refusal(asked), AllOf(HasSubstr("attachable is 2"), HasSubstr("workers is 0")));
  asked = options();
  asked.attachable = 65;
  EXPECT_THAT(refusal(asked), HasSubstr("option attachable is 65; it must be from 0 to 64"));
  asked.attachable = 64;
  asked.workers = 200;
  EXPECT_THAT(refusal(asked), HasSubstr("workers + attachable is 264"));
}

}  // namespace
}  // namespace slabring
