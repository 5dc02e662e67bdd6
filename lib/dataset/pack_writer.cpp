#include "dataset/pack_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <system_error>

#include "base/fingerprint.hpp"
#include "dataset/pack_index.hpp"
#include "dataset/tile_index.hpp"
#include "slabring/error.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slabring {

using pack::Entry;
using pack::Header;

namespace {

constexpr std::string_view journal_magic = "SLABJRN1";
constexpr std::size_t write_bytes = std::size_t{4} << 20;
constexpr std::uint64_t checkpoint_bytes = std::uint64_t{64} << 20;
constexpr std::size_t most_name_bytes = 65'535;

[[noreturn]] void fail(const std::string& path, std::string_view action) {
  throw Error(ErrorCode::io, fmt::format("{} cannot be {}: {}", path, action, std::generic_category().message(errno)));
}

template <class T>
void append_object(std::vector<std::byte>& bytes, const T& object) {
  const auto view = std::as_bytes(std::span(&object, 1));
  bytes.insert(bytes.end(), view.begin(), view.end());
}

std::uint64_t size_of(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void write_whole_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail(path, "written");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

void sync(int fd, const std::string& path) {
  if (::fdatasync(fd) != 0) fail(path, "brought to disk");
}

/// A name that was made is only there for good once its folder is written.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail(folder, "brought to disk");
}

std::string journal_head(std::string_view identity) {
  const std::uint64_t bytes = identity.size();
  std::string head(journal_magic);
  head.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  head += identity;
  return head;
}

/// One sample in the journal, followed by its name.
struct JournalEntry {
  Entry entry;
  std::uint64_t next;      ///< number in the source of the sample after it
  std::uint64_t checksum;  ///< XXH3-64 of all before it, and of the name
};
static_assert(sizeof(JournalEntry) == 56);

std::uint64_t checksum_of(const JournalEntry& entry, std::string_view name) {
  std::string all(reinterpret_cast<const char*>(&entry), offsetof(JournalEntry, checksum));
  all += name;
  return fingerprint_of(std::as_bytes(std::span(all)));
}

/// Hands every sound entry with its name to `visit`, up to the first that is not; returns where that begins.
template <class Visit>
std::uint64_t walk_journal(const std::string& path, std::uint64_t begin, const Visit& visit) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(begin));
  JournalEntry entry{};
  std::string name;
  for (std::uint64_t end = begin;;) {
    if (!in.read(reinterpret_cast<char*>(&entry), sizeof entry) || entry.entry.name_bytes > most_name_bytes) return end;
    name.resize(entry.entry.name_bytes);
    if (!in.read(name.data(), static_cast<std::streamsize>(name.size()))) return end;
    if (entry.checksum != checksum_of(entry, name)) return end;
    end += sizeof entry + name.size();
    visit(entry, name);
  }
}

/// Appends the index to the file, and sums it up.
class Tail {
 public:
  Tail(int fd, std::uint64_t begin, const std::string& path) : fd_(fd), end_(begin), path_(path) {
    XXH3_64bits_reset(&state_);
  }

  void append(std::span<const std::byte> bytes) {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    if (waiting_.size() >= write_bytes) flush();
  }
  void flush() {
    XXH3_64bits_update(&state_, waiting_.data(), waiting_.size());
    write_whole_at(fd_, end_, waiting_, path_);
    end_ += waiting_.size();
    waiting_.clear();
  }
  std::uint64_t end() const noexcept { return end_ + waiting_.size(); }
  /// Requires: flushed.
  std::uint64_t checksum() const noexcept { return XXH3_64bits_digest(&state_); }

 private:
  int fd_;
  std::uint64_t end_;
  const std::string& path_;
  std::vector<std::byte> waiting_;
  XXH3_state_t state_{};
};

}  // namespace

PackWriter::PackWriter(std::string path, std::string_view identity)
    : path_(std::move(path)),
      part_path_(path_ + ".part"),
      journal_path_(part_path_ + ".journal"),
      journal_head_(journal_head(identity)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0) {
    throw Error(ErrorCode::io, fmt::format("{} exists already; remove it first, or give the pack another name", path_));
  }
  part_.reset(::open(part_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!part_) fail(part_path_, "created");
  if (::flock(part_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::io, fmt::format("{} is being written by another process", part_path_));
  }
  journal_.reset(::open(journal_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!journal_) fail(journal_path_, "created");
  if (!resume()) begin();
  if (::ftruncate(part_.get(), static_cast<off_t>(data_end_)) != 0) fail(part_path_, "cut to what is whole");
  if (::ftruncate(journal_.get(), static_cast<off_t>(journal_end_)) != 0) fail(journal_path_, "cut to what is whole");
}

PackWriter::~PackWriter() = default;

/// False: there is nothing of this identity to go on with.
bool PackWriter::resume() {
  std::string head(journal_head_.size(), '\0');
  const ssize_t got = ::pread(journal_.get(), head.data(), head.size(), 0);
  if (got != static_cast<ssize_t>(head.size()) || head != journal_head_) return false;
  journal_end_ = walk_journal(journal_path_, head.size(), [this](const JournalEntry& journal, const std::string& name) {
    data_end_ = journal.entry.offset + journal.entry.bytes;
    first_ = journal.next;
    ++count_;
    names_bytes_ += name.size();
  });
  if (size_of(part_.get()) >= data_end_) return true;
  first_ = count_ = names_bytes_ = 0;  // somebody shortened it: what the journal says is not there
  return false;
}

void PackWriter::begin() {
  data_end_ = sizeof(Header);
  Header half{};
  half.magic = pack::part_magic;
  write_whole_at(part_.get(), 0, std::as_bytes(std::span(&half, 1)), part_path_);
  write_whole_at(journal_.get(), 0, std::as_bytes(std::span(journal_head_)), journal_path_);
  journal_end_ = journal_head_.size();
}

void PackWriter::add(std::uint64_t source, std::span<const std::byte> bytes, std::int64_t label,
                     std::string_view name) {
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max() || name.size() > most_name_bytes) {
    throw Error(ErrorCode::io, fmt::format("{}: the sample {} of {} bytes is too large for a pack", path_,
                                           name.substr(0, most_name_bytes), bytes.size()));
  }
  JournalEntry journal{};
  journal.entry = {data_end_,
                   fingerprint_of(bytes),
                   names_bytes_,
                   label,
                   static_cast<std::uint32_t>(bytes.size()),
                   static_cast<std::uint32_t>(name.size())};
  journal.next = source + 1;
  journal.checksum = checksum_of(journal, name);
  append(bytes);
  append_object(waiting_journal_, journal);
  const auto name_bytes = std::as_bytes(std::span(name));
  waiting_journal_.insert(waiting_journal_.end(), name_bytes.begin(), name_bytes.end());

  names_bytes_ += name.size();
  ++count_;
  if (data_.size() >= write_bytes) write_data();
  if (since_checkpoint_ >= checkpoint_bytes) checkpoint();
}

void PackWriter::add_tiled(std::uint64_t source, std::span<const std::byte> jpeg, const JpegTiles& tiles,
                           std::int64_t label, std::string_view name) {
  append(write_tile_index(tiles, jpeg, fingerprint_of(jpeg)));
  add(source, jpeg, label, name);
}

void PackWriter::append(std::span<const std::byte> bytes) {
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  data_end_ += bytes.size();
  since_checkpoint_ += bytes.size();
}

void PackWriter::write_data() {
  write_whole_at(part_.get(), data_end_ - data_.size(), data_, part_path_);
  data_.clear();
}

void PackWriter::checkpoint() {
  write_data();
  sync(part_.get(), part_path_);  // first: what the journal names is there
  write_whole_at(journal_.get(), journal_end_, waiting_journal_, journal_path_);
  sync(journal_.get(), journal_path_);
  journal_end_ += waiting_journal_.size();
  waiting_journal_.clear();
  since_checkpoint_ = 0;
}

void PackWriter::finish(std::string_view about, std::uint32_t version) {
  checkpoint();
  Header header{};
  header.magic = pack::magic;
  header.version = version;
  header.entry_bytes = sizeof(Entry);
  header.count = count_;
  header.names_offset = data_end_;

  // Two walks instead of an index in memory.
  Tail tail(part_.get(), data_end_, part_path_);
  walk_journal(journal_path_, journal_head_.size(),
               [&tail](const JournalEntry&, const std::string& name) { tail.append(std::as_bytes(std::span(name))); });
  constexpr std::byte zeros[pack::entry_alignment] = {};
  tail.append(
      std::span(zeros).first((pack::entry_alignment - tail.end() % pack::entry_alignment) % pack::entry_alignment));
  header.entries_offset = tail.end();
  walk_journal(journal_path_, journal_head_.size(), [&tail](const JournalEntry& journal, const std::string&) {
    tail.append(std::as_bytes(std::span(&journal.entry, 1)));
  });
  header.about_offset = tail.end();
  tail.append(std::as_bytes(std::span(about)));
  tail.flush();
  header.total_bytes = tail.end();
  header.index_checksum = tail.checksum();
  header.header_checksum = header_checksum_of(header);
  check_pack_header(part_path_, header, size_of(part_.get()));

  sync(part_.get(), part_path_);  // the header comes last, so that a whole header means a whole pack
  write_whole_at(part_.get(), 0, std::as_bytes(std::span(&header, 1)), part_path_);
  sync(part_.get(), part_path_);
  if (std::rename(part_path_.c_str(), path_.c_str()) != 0) fail(part_path_, "given its name");
  sync_folder_of(path_);
  ::unlink(journal_path_.c_str());
}

}  // namespace slabring
