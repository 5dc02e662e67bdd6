#include "dataset/tar_index.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

#include "slabring/error.hpp"

namespace slabring {
namespace {

/// A label that takes more is none.
constexpr std::uint64_t most_label_bytes = std::uint64_t{1} << 20;
constexpr std::size_t block_bytes = std::size_t{1} << 16;

struct FreeArchive {
  void operator()(archive* reader) const noexcept { archive_read_free(reader); }
};

[[noreturn]] void refuse(const RecordFile& shard, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("{}: {}", shard.path, why));
}

/// The program that made the file smaller; empty: none.
std::string_view compressor_of(const RecordFile& shard) {
  struct Magic {
    std::string_view bytes;
    std::string_view program;
  };
  static constexpr std::array magics{Magic{"\x1f\x8b", "gzip"}, Magic{"\x28\xb5\x2f\xfd", "zstd"},
                                     Magic{"\xfd"
                                           "7zXZ",
                                           "xz"},
                                     Magic{"BZh", "bzip2"}, Magic{"\x04\x22\x4d\x18", "lz4"}};
  std::array<char, 8> head{};
  std::ifstream(shard.path, std::ios::binary).read(head.data(), head.size());
  const std::string_view begin(head.data(), head.size());
  for (const Magic& magic : magics) {
    if (begin.starts_with(magic.bytes)) return magic.program;
  }
  return {};
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(blank) + 1 - first);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Of the field `name` of an object; nullopt: there is no object. An absent field is -1.
std::optional<std::int64_t> label_in_json(std::string_view text, const std::string& name) {
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  const auto field = value.find(name);
  if (field == value.end()) return -1;
  if (!field->is_number_integer()) return std::nullopt;
  return field->get<std::int64_t>();
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// A member's name as WebDataset takes it apart; no key: it does not count.
struct MemberName {
  std::string_view key;
  std::string part;
};

MemberName take_apart(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
  const std::size_t dot = name.find('.', base);
  const bool meta = name.substr(base).starts_with("__") && name.ends_with("__");
  if (dot == std::string_view::npos || dot == base || meta) return {};
  return {name.substr(0, dot), lower_case(name.substr(dot + 1))};
}

/// Walks through one shard.
class TarWalk {
 public:
  TarWalk(const RecordFile& shard, std::uint32_t number, const TarForm& form, RecordTableBuilder& table)
      : shard_(shard), number_(number), form_(form), table_(table), reader_(archive_read_new()) {
    if (!reader_) throw Error(ErrorCode::memory, "no memory for libarchive's reader");
    archive_read_support_format_tar(reader_.get());
    if (archive_read_open_filename(reader_.get(), shard.path.c_str(), block_bytes) != ARCHIVE_OK)
      refuse_as_libarchive();
  }

  void run(const std::function<void(std::uint64_t)>& report) {
    archive_entry* entry = nullptr;
    for (;;) {
      const int status = archive_read_next_header(reader_.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) refuse_as_libarchive();
      add(entry);
      report(position());
    }
    finish_sample();
  }

 private:
  /// One sample as far as its members have come.
  struct Group {
    std::string key;
    std::vector<std::string> parts;
    std::size_t image_rank = ~std::size_t{0};
    RecordEntry entry;
    std::optional<std::int64_t> text_label;
    std::optional<std::int64_t> json_label;
    bool bad_label = false;
  };

  std::uint64_t position() const { return static_cast<std::uint64_t>(archive_filter_bytes(reader_.get(), 0)); }

  [[noreturn]] void refuse_as_libarchive() const {
    const char* reason = archive_error_string(reader_.get());
    refuse(shard_, fmt::format("cannot be read as a tar file beyond byte {}: {}", position(),
                               reason == nullptr ? "no reason is known" : reason));
  }

  std::string name_of(archive_entry* entry) const {
    if (const char* name = archive_entry_pathname(entry)) return name;
    if (const char* name = archive_entry_pathname_utf8(entry)) return name;
    refuse(shard_, fmt::format("the member before byte {} has no name", position()));
  }

  void add(archive_entry* entry) {
    const std::string name = name_of(entry);
    const MemberName member = take_apart(name);
    if (archive_entry_hardlink(entry) != nullptr) {
      refuse(shard_, fmt::format("{} is a hard link to {}, which has no bytes of its own; write the shard with tar "
                                 "--hard-dereference",
                                 name, archive_entry_hardlink(entry)));
    }
    if (archive_entry_filetype(entry) != AE_IFREG || member.key.empty()) return;
    if (archive_entry_sparse_count(entry) > 0) {
      refuse(shard_, fmt::format("{} is stored with holes; write the shard without tar --sparse", name));
    }
    const std::uint64_t begin = position();
    const auto bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (begin > shard_.stamp.bytes || bytes > shard_.stamp.bytes - begin) {
      refuse(shard_, fmt::format("ends in the middle of {}: {} bytes from {} on are missing of a file of {} bytes; it "
                                 "was not copied whole",
                                 name, bytes, begin, shard_.stamp.bytes));
    }
    if (member.key != group_.key) {
      finish_sample();
      group_.key = member.key;
    }
    add_part(member.part, name, begin, bytes);
  }

  void add_part(const std::string& part, const std::string& name, std::uint64_t begin, std::uint64_t bytes) {
    if (std::find(group_.parts.begin(), group_.parts.end(), part) != group_.parts.end()) {
      refuse(shard_, fmt::format("{} comes twice in one sample", name));
    }
    group_.parts.push_back(part);
    if (part == form_.label) {
      const std::string text = read_text(bytes);
      group_.text_label = whole_number(text);
      group_.bad_label = group_.bad_label || !group_.text_label;
    } else if (part == "json") {
      const std::string text = read_text(bytes);
      group_.json_label = label_in_json(text, form_.json_label);
      group_.bad_label = group_.bad_label || !group_.json_label;
    } else {
      const auto found = std::find(form_.image.begin(), form_.image.end(), part);
      const auto rank = static_cast<std::size_t>(found - form_.image.begin());
      if (found == form_.image.end() || rank >= group_.image_rank) return;
      group_.image_rank = rank;
      group_.entry.offset = begin;
      group_.entry.bytes = bytes;
    }
  }

  /// Of a member that is a label; too much is as good as nothing.
  std::string read_text(std::uint64_t bytes) {
    if (bytes > most_label_bytes) return {};
    std::string text(bytes, '\0');
    const la_ssize_t got = archive_read_data(reader_.get(), text.data(), text.size());
    if (got != static_cast<la_ssize_t>(text.size())) refuse_as_libarchive();
    return text;
  }

  void finish_sample() {
    if (!group_.key.empty()) {
      RecordEntry entry = group_.entry;
      entry.file = number_;
      entry.label = group_.text_label.value_or(group_.json_label.value_or(-1));
      const bool has_image = group_.image_rank < form_.image.size();
      const RecordFault fault = !has_image         ? RecordFault::no_image
                                : group_.bad_label ? RecordFault::bad_label
                                                   : RecordFault::none;
      entry.fault = static_cast<std::uint32_t>(fault);
      table_.add(entry, group_.key);
    }
    group_ = {};
  }

  const RecordFile& shard_;
  const std::uint32_t number_;
  const TarForm& form_;
  RecordTableBuilder& table_;
  std::unique_ptr<archive, FreeArchive> reader_;
  Group group_;
};

}  // namespace

void index_tar(const RecordFile& shard, std::uint32_t number, const TarForm& form, RecordTableBuilder& table,
               const std::function<void(std::uint64_t position)>& report) {
  if (const std::string_view program = compressor_of(shard); !program.empty()) {
    refuse(shard,
           fmt::format("is compressed with {}, so that no sample can be read without all before it; decompress it, "
                       "the images in it are small already",
                       program));
  }
  TarWalk(shard, number, form, table).run(report);
}

}  // namespace slabring
