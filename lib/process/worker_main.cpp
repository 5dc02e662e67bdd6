#include "process/worker_main.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/combinations.hpp"
#include "process/attach_client.hpp"
#include "process/child_process.hpp"
#include "process/control_channel.hpp"
#include "process/coordinator.hpp"
#include "process/ring_memory.hpp"
#include "process/start_worker.hpp"
#include "process/worker_process.hpp"
#include "process/worker_setup.hpp"
#include "slabring/error.hpp"
#include "slabring/version.hpp"
#include "slabring/worker.hpp"

namespace slabring {
namespace {

constexpr std::string_view usage =
    "slabring-worker: decodes images into a slabring Loader's shared memory.\n"
    "It is started by the library (start methods forkserver and spawn). By hand it can join a\n"
    "loader that is running, to help it:\n"
    "\n"
    "  slabring-worker --attach PID   joins the loader of process PID, until that ends, or Ctrl-C;\n"
    "                                 the loader's option attachable says how many may\n"
    "  slabring-worker --detach PID   makes all leave that have joined loaders of process PID\n"
    "\n"
    "PID is the process that uses the library, or, where that has several such loaders, one of its\n"
    "slabring-coord processes. No sample is lost or doubled when a worker joins, leaves or is killed.\n"
    "Exit status: 0 the loader has ended, 1 it cannot be joined, 2 wrong usage.\n"
    "\n"
    "  slabring-worker --version    the version, which has to be the library's own\n"
    "  slabring-worker --help       this text\n"
    "\n"
    "The library looks for it in LoaderOptions::worker_program, in $SLABRING_WORKER, beside the\n"
    "running program, and in the installation's libexec folder.\n";

void write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// The trainer's standard input and output are not ours: a pipe behind the trainer must see its end when the trainer
/// ends.
void let_go_of_stdio() noexcept {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  if (null > STDERR_FILENO) close(null);
}

std::vector<int> dataset_tables(const WorkerSetup& setup) {
  std::vector<int> fds;
  for (std::size_t i = 0; i < setup.dataset.fds.size(); ++i) fds.push_back(tables_fd + static_cast<int>(i));
  return fds;
}

/// Both roles begin with this: the set-up, and whatever else the trainer left open is closed.
WorkerSetup take_setup(bool with_channel) {
  WorkerSetup setup = WorkerSetup::from_json(text_from_memfd(setup_fd));
  const int first_foreign = tables_fd + static_cast<int>(setup.dataset.fds.size()) + (with_channel ? 1 : 0);
  syscall(SYS_close_range, first_foreign, ~0U, 0);
  return setup;
}

RingMemory take_ring() { return RingMemory::attach(UniqueFd(control_memory_fd), UniqueFd(data_memory_fd)); }

int coordinate(const WorkerSetup& setup, ControlChannel& channel, const char* program) {
  RingMemory memory = take_ring();
  if (memory.view().shape().workers != setup.supervision.slots()) {
    throw Error(ErrorCode::process, "the set-up and the ring name different numbers of workers");
  }
  std::vector<int> inherited{setup_fd, control_memory_fd, data_memory_fd, life_pipe_fd};
  for (const int fd : dataset_tables(setup)) inherited.push_back(fd);
  std::vector<std::string> command = setup.dataset.worker_command;
  std::optional<OpenedSetup> opened;
  if (command.empty()) {
    command = {program};
    opened.emplace(setup, dataset_tables(setup));  // also with spawn: what cannot be opened is said once, and here
  } else if (setup.start_method != StartMethod::spawn) {
    throw Error(ErrorCode::process, "the dataset's workers are a program of its own, and start_method is not spawn");
  }
  StartWorker start = setup.start_method == StartMethod::spawn
                          ? spawn_workers(std::move(command), inherited)
                          : fork_workers(memory.view(), opened->work(), ForkedDescriptors::close_all);
  AttachPorter porter;
  if (setup.supervision.attachable > 0) porter = AttachPorter(setup.trainer, inherited);
  return Coordinator(memory, channel, setup.supervision, setup.trainer, std::move(start), std::move(porter)).run();
}

int coordinator_role(const char* program) {
  reset_signals();
  name_process("slabring-coord");
  let_go_of_stdio();
  WorkerSetup setup;
  try {
    setup = take_setup(true);
  } catch (const Error& error) {
    write_all(STDERR_FILENO, fmt::format("slabring-worker: {}\n", error.what()));
    return 1;
  }
  // Only the first coordinator dies at a planted fault; its successor has to carry on.
  if (setup.first) arm_fault_from_environment("SLABRING_COORDINATOR_FAULT");
  fcntl(life_pipe_fd, F_SETFD, FD_CLOEXEC);
  const int channel_fd = tables_fd + static_cast<int>(setup.dataset.fds.size());
  fcntl(channel_fd, F_SETFD, FD_CLOEXEC);
  ControlChannel channel{UniqueFd(channel_fd)};
  try {
    return coordinate(setup, channel, program);
  } catch (const std::exception& error) {
    ControlMessage message;
    message.kind = ControlMessage::Kind::failed;
    message.set_text(error.what());
    channel.send(message);
    return 1;
  }
}

int complain(const std::exception& error) {
  write_all(STDERR_FILENO, fmt::format("slabring-worker: {}\n", error.what()));
  return 1;
}

RingMemory take_ring_with(std::uint32_t slot) {
  RingMemory memory = take_ring();
  if (slot >= memory.view().shape().workers) {
    throw Error(ErrorCode::process,
                fmt::format("slot {} is not one of the ring's {}", slot, memory.view().shape().workers));
  }
  memory.close_descriptors();
  return memory;
}

int worker_role(std::uint32_t slot) {
  const pid_t coordinator = getppid();
  reset_signals();
  try {
    const WorkerSetup setup = take_setup(false);
    const OpenedSetup opened(setup, dataset_tables(setup));
    const RingMemory memory = take_ring_with(slot);
    keep_only_the_life_pipe();
    run_worker(memory.view(), slot, coordinator, opened.work());
    return 0;
  } catch (const std::exception& error) {
    return complain(error);
  }
}

/// What was given takes its places, as if the coordinator had started this process.
void put_on(Membership& membership) {
  std::vector<int> inherited;
  for (const UniqueFd& fd : membership.outfit) inherited.push_back(fd.get());
  inherited.push_back(membership.lifeline.get());
  std::vector<int> room(inherited.size());
  move_descriptors(inherited, room);
  // The numbers they had are others' now, or take_setup() closes them.
  for (UniqueFd& fd : membership.outfit) fd.release();
  membership.lifeline.release();
}

int attached_worker_role(pid_t pid) {
  reset_signals();
  std::signal(SIGINT, SIG_DFL);  // Ctrl-C is this one's own
  try {
    Membership membership = join_loader(pid);
    put_on(membership);
    const WorkerSetup setup = take_setup(true);
    const OpenedSetup opened(setup, dataset_tables(setup));
    const RingMemory memory = take_ring_with(membership.slot);
    keep_only_the_life_pipe_and(tables_fd + static_cast<int>(setup.dataset.fds.size()));
    write_all(STDERR_FILENO, fmt::format("slabring-worker: joined the loader of process {} as worker {}\n",
                                         membership.trainer, membership.slot));
    run_attached_worker(memory.view(), membership.slot, worker_lifeline_fd, opened.work());
    return 0;
  } catch (const std::exception& error) {
    return complain(error);
  }
}

int detach_role(pid_t pid) {
  try {
    write_all(STDOUT_FILENO, fmt::format("{}\n", detach_workers(pid)));
    return 0;
  } catch (const std::exception& error) {
    return complain(error);
  }
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int run_as_worker(std::uint32_t slot, const OpenDataset& open) {
  const pid_t coordinator = getppid();
  reset_signals();
  const WorkerSetup setup = WorkerSetup::from_json(text_from_memfd(setup_fd));
  const std::vector<int> tables = dataset_tables(setup);
  const OpenedSetup opened(setup, tables, [&](const DatasetRecipe& recipe) { return open_own_dataset(recipe, open); });
  const RingMemory memory = take_ring_with(slot);
  // What else is open is the program's own; the life pipe stays as it is.
  close(setup_fd);
  for (const int fd : tables) close(fd);
  run_worker(memory.view(), slot, coordinator, opened.work());
  return 0;
}

int worker_main(int argc, char** argv) {
  const std::string_view role = argc > 1 ? argv[1] : "";
  if (role == "--version" && argc == 2) {
    write_all(STDOUT_FILENO, fmt::format("slabring-worker {}\n", version()));
    return 0;
  }
  if (role == "--help" && argc == 2) {
    write_all(STDOUT_FILENO, usage);
    return 0;
  }
  if (role == "--coordinator" && argc == 2) return coordinator_role("/proc/self/exe");
  if (role == "--worker" && argc == 3) {
    if (const auto slot = parse_number<std::uint32_t>(argv[2])) return worker_role(*slot);
  }
  if ((role == "--attach" || role == "--detach") && argc == 3) {
    const auto pid = parse_number<pid_t>(argv[2]);
    if (pid && *pid > 0) return role == "--attach" ? attached_worker_role(*pid) : detach_role(*pid);
  }
  write_all(STDERR_FILENO, usage);
  return 2;
}

}  // namespace slabring
