#include "dataset/index_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <system_error>
#include <thread>

#include "base/fingerprint.hpp"
#include "base/memfd.hpp"
#include "dataset/flat_table_layout.hpp"
#include "dataset/kept_index.hpp"

namespace slabring {
namespace {

constexpr std::string_view off = "off";

std::filesystem::path default_folder() {
  const auto variable = [](const char* name) -> std::string_view {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read only
    return value == nullptr ? "" : value;
  };
  if (const auto own = variable("SLABRING_CACHE"); !own.empty()) return own;
  if (const auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "slabring";
  if (const auto home = variable("HOME"); !home.empty()) return std::filesystem::path(home) / ".cache/slabring";
  return {};
}

/// Where a file that another machine, or another process, replaces stays whole for those that have mapped it. Network
/// file systems may take its pages away, and the next access would be a SIGBUS.
bool keeps_mapped_files(int fd) noexcept {
  // Not in Debian 12's linux/magic.h.
  constexpr unsigned long zfs = 0x2fc12fc1;
  constexpr unsigned long bcachefs = 0xca451a4e;
  static constexpr std::array<unsigned long, 9> local{
      EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
      F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, RAMFS_MAGIC,       zfs,
      bcachefs};
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 &&
         std::find(local.begin(), local.end(), static_cast<unsigned long>(status.f_type)) != local.end();
}

/// Copies in the kernel. False when `bytes` did not come out.
bool copy_bytes(int to, int from, std::uint64_t bytes) noexcept {
  off_t offset = 0;
  while (bytes > 0) {
    const ssize_t done = ::sendfile(to, from, &offset, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes -= static_cast<std::uint64_t>(done);
  }
  return true;
}

bool same_file(int fd, const std::filesystem::path& name) noexcept {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::stat(name.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

/// Nobody else can have written it.
bool only_ours(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::string not_local(const std::filesystem::path& file) {
  return fmt::format("{} is not on a file system known to be local, so each process has a copy", file.native());
}

std::uint64_t entries_of(int table) noexcept {
  flat_table::Header header{};
  return ::pread(table, &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) ? header.count : 0;
}

}  // namespace

IndexCache::IndexCache(const SourceOptions& options, std::string_view kind, std::string source, std::string_view name,
                       std::string identity, Check still_holds)
    : options_(options),
      source_(std::move(source)),
      identity_(std::move(identity)),
      still_holds_(std::move(still_holds)),
      begun_(Clock::now()) {
  const std::filesystem::path folder = options.cache_folder.empty() ? default_folder() : options.cache_folder;
  if (!options.keep_index || (options.cache_folder.empty() && folder == off)) {
    reason_ = "indexes are not to be kept";
  } else if (folder.empty()) {
    reason_ = "neither SLABRING_CACHE, XDG_CACHE_HOME nor HOME says where";
  } else {
    file_ = folder / fmt::format("{}-{:016x}.index", kind, fingerprint_of(std::as_bytes(std::span(name))));
    part_name_ = file_.native() + ".part";
  }
}

IndexCache::~IndexCache() { drop_part(); }

KeptIndex IndexCache::get(const std::function<KeptIndex()>& make) {
  if (auto kept = load()) return std::move(*kept);
  if (auto kept = wait_or_begin()) return std::move(*kept);
  return keep(make());
}

std::optional<KeptIndex> IndexCache::load() {
  if (file_.empty()) return std::nullopt;
  UniqueFd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || !only_ours(fd.get())) return std::nullopt;
  auto words = read_kept_index(fd.get(), identity_);
  if (!words || (still_holds_ && !still_holds_(words->about))) return std::nullopt;
  auto index = share(std::move(fd), std::move(*words));
  if (index) tell(*index, false);
  return index;
}

/// The file itself where it may be mapped, or else a copy of its table.
std::optional<KeptIndex> IndexCache::share(UniqueFd fd, KeptWords words) {
  shared_ = keeps_mapped_files(fd.get());
  if (shared_) return KeptIndex{std::move(words.about), std::move(fd)};
  reason_ = not_local(file_);
  UniqueFd copy = create_memfd("slabring-table");
  if (!copy_bytes(copy.get(), fd.get(), words.table_bytes)) return std::nullopt;
  add_seals(copy.get(), read_only_seals);
  return KeptIndex{std::move(words.about), std::move(copy)};
}

std::optional<KeptIndex> IndexCache::wait_or_begin() {
  const auto before = Clock::now();
  std::optional<KeptIndex> kept;
  while (!kept && !part_ && !file_.empty()) {
    UniqueFd part = open_part();
    if (!part || !wait_for_lock(part.get())) break;
    // Who had to wait holds the lock of a file that has its final name by now, or none; then there is a new one to
    // lock.
    if (same_file(part.get(), part_name_)) part_ = std::move(part);
    kept = load();
  }
  if (kept) drop_part();
  begun_ += Clock::now() - before;
  return kept;
}

UniqueFd IndexCache::open_part() {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) {
    give_up("mkdir", file_.parent_path(), error.value());
    return {};
  }
  constexpr int read_and_write = S_IRUSR | S_IWUSR;
  UniqueFd part(::open(part_name_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, read_and_write));
  if (!part) give_up("open", part_name_, errno);
  return part;
}

/// False where files cannot be locked.
bool IndexCache::wait_for_lock(int part) {
  for (auto pause = std::chrono::milliseconds(1); ::flock(part, LOCK_EX | LOCK_NB) != 0;) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      give_up("flock", part_name_, errno);
      return false;
    }
    if (options_.progress) {
      IndexProgress now;
      now.source = source_;
      now.waiting = true;
      options_.progress(now);
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(50));
  }
  return true;
}

/// Before the lock goes, so that it is nobody else's.
void IndexCache::drop_part() noexcept {
  if (!part_) return;
  ::unlink(part_name_.c_str());
  part_.reset();
}

void IndexCache::give_up(std::string_view call, const std::filesystem::path& file, int error) {
  reason_ = fmt::format("{} {}: {}", call, file.native(), std::generic_category().message(error));
  file_.clear();
}

KeptIndex IndexCache::keep(KeptIndex made) {
  if (part_) {
    try {
      if (auto kept = write_and_share(made)) made = std::move(*kept);
    } catch (const std::system_error& error) {
      give_up("write", part_name_, error.code().value());
    }
  }
  tell(made, true);
  return made;
}

/// nullopt: written, and nothing gained by using it now. Throws std::system_error when it is not written. What is on
/// the disk after a power failure is not waited for: the fingerprints tell.
std::optional<KeptIndex> IndexCache::write_and_share(const KeptIndex& made) {
  const auto check = [](int result) {
    if (result != 0) throw std::system_error(errno, std::generic_category());
  };
  check(::ftruncate(part_.get(), 0));  // what somebody who was killed has left
  write_kept_index(part_.get(), identity_, made.about, made.table.get());
  check(::rename(part_name_.c_str(), file_.c_str()));
  const UniqueFd written = std::move(part_);
  ::fchmod(written.get(), S_IRUSR);  // nobody is to write to it by mistake
  UniqueFd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  shared_ = fd && same_file(written.get(), file_) && keeps_mapped_files(fd.get());
  if (shared_) return KeptIndex{made.about, std::move(fd)};
  reason_ = not_local(file_);
  return std::nullopt;
}

KeptIndex IndexCache::leave(KeptIndex made, std::string why) {
  file_.clear();
  reason_ = std::move(why);
  tell(made, true);
  return made;
}

void IndexCache::tell(const KeptIndex& index, bool made) const {
  if (!options_.outcome) return;
  IndexOutcome outcome;
  outcome.source = source_;
  outcome.samples = entries_of(index.table.get());
  outcome.made = made;
  if (made) outcome.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  outcome.kept_in = file_;
  outcome.shared = shared_;
  if (!shared_) outcome.reason = reason_;
  options_.outcome(outcome);
}

}  // namespace slabring
