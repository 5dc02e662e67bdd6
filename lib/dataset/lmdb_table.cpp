#include "dataset/lmdb_table.hpp"

#include <fmt/format.h>
#include <lmdb.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <optional>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/protobuf.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/record_set.hpp"
#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

constexpr unsigned read_only = MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS | MDB_NOSUBDIR | MDB_NORDAHEAD;
constexpr unsigned file_mode = 0600;  // of a file that would be made; none is

void check(int status, const std::string& path, const char* what) {
  if (status == MDB_SUCCESS) return;
  throw Error(ErrorCode::dataset, fmt::format("{} cannot be {}: LMDB says: {}", path, what, mdb_strerror(status)));
}

/// A database as it is now, for one process.
class Environment {
 public:
  /// Throws Error(dataset).
  explicit Environment(const RecordFile& file) {
    MDB_env* made = nullptr;
    check(mdb_env_create(&made), file.path, "opened");
    environment_.reset(made);
    // LMDB maps as much as the file says, however much of it there is.
    mdb_env_set_mapsize(made, file.stamp.bytes);
    check(mdb_env_open(made, file.path.c_str(), read_only, file_mode), file.path, "opened");
    require_whole(file);
    check(mdb_txn_begin(made, nullptr, MDB_RDONLY, &transaction_), file.path, "read");
    check(mdb_dbi_open(transaction_, nullptr, 0, &database_), file.path, "read");
  }
  ~Environment() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_txn* transaction() const noexcept { return transaction_; }
  MDB_dbi database() const noexcept { return database_; }

 private:
  struct Close {
    void operator()(MDB_env* environment) const noexcept { mdb_env_close(environment); }
  };

  /// A page beyond the end of the file would be a SIGBUS.
  void require_whole(const RecordFile& file) const {
    MDB_envinfo info{};
    MDB_stat stat{};
    mdb_env_info(environment_.get(), &info);
    mdb_env_stat(environment_.get(), &stat);
    const std::uint64_t needed = (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
    if (needed <= file.stamp.bytes) return;
    throw Error(ErrorCode::dataset, fmt::format("{} has {} bytes, and its pages take {}; it was not copied whole",
                                                file.path, file.stamp.bytes, needed));
  }

  std::unique_ptr<MDB_env, Close> environment_;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi database_ = 0;
};

std::span<const std::byte> bytes_of(const MDB_val& value) noexcept {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// Caffe's Datum (caffe.proto): 4 is the data, 5 the label, 7 says that the data is an image file.
void take_datum(std::span<const std::byte> bytes, Sample& sample) {
  std::span<const std::byte> image;
  bool encoded = false;
  std::int64_t label = -1;
  protobuf::Message message(bytes, "Datum of Caffe");
  for (protobuf::Field field; message.next(field);) {
    if (field.number == 4 && field.has_bytes) image = field.bytes;
    if (field.number == 5) label = static_cast<std::int64_t>(field.value);
    if (field.number == 7) encoded = field.value != 0;
  }
  if (image.empty()) throw SampleFailure(SampleStatus::empty, "the Datum has no data");
  if (!encoded) {
    throw SampleFailure(SampleStatus::unsupported,
                        "the Datum holds bare pixels; only those with an encoded image are read");
  }
  sample.set_label(label);
  sample.from_encoded(image);
}

class LmdbTable final : public Dataset {
 public:
  LmdbTable(RecordFile file, bool datum, UniqueFd table)
      : file_(std::move(file)), datum_(datum), table_(std::move(table)) {}
  ~LmdbTable() override { forget_that_of_another_process(); }
  LmdbTable(const LmdbTable&) = delete;
  LmdbTable& operator=(const LmdbTable&) = delete;

  std::uint64_t size() const override { return table_.size(); }
  std::uint64_t fingerprint() const override { return fingerprint_of(table_.contents()); }
  std::string describe(SampleId id) const override {
    return fmt::format("{}, sample {}", file_.path, table_.name(to_index(id)));
  }

  void load(SampleId id, Sample& sample) const override {
    copy_value(table_.name(to_index(id)), sample.buffer());
    const std::span<const std::byte> bytes = sample.buffer();
    if (bytes.empty()) throw SampleFailure(SampleStatus::empty, "the value has no bytes");
    if (datum_) return take_datum(bytes, sample);
    sample.from_encoded(bytes);
  }

  std::vector<std::string> read_roots() const override {
    std::error_code ignored;
    return {std::filesystem::canonical(file_.path, ignored).parent_path().native()};
  }

  std::optional<DatasetRecipe> recipe() const override {
    const json config{{"files", files_to_json(std::span(&file_, 1))}, {"datum", datum_}};
    return DatasetRecipe{"lmdb", config.dump(), {table_.fd()}};
  }

 private:
  /// Copied, so that nothing points into the map when the next transaction is begun.
  void copy_value(std::string_view key, std::vector<std::byte>& buffer) const {
    const std::lock_guard lock(mutex_);
    forget_that_of_another_process();
    if (!opened_) open();
    MDB_val wanted{key.size(), const_cast<char*>(key.data())};
    MDB_val found{};
    if (const int status = mdb_get(opened_->transaction(), opened_->database(), &wanted, &found);
        status != MDB_SUCCESS) {
      throw SampleFailure(SampleStatus::read_failed, fmt::format("LMDB says: {}", mdb_strerror(status)));
    }
    if (found.mv_size > most_record_bytes) {
      throw SampleFailure(SampleStatus::too_large,
                          fmt::format("the value has {} bytes, limit {}", found.mv_size, most_record_bytes));
    }
    const std::span<const std::byte> bytes = bytes_of(found);
    buffer.assign(bytes.begin(), bytes.end());
  }

  void open() const {
    try {
      if (stamp_of(file_.path) != file_.stamp) {
        throw SampleFailure(SampleStatus::open_failed,
                            fmt::format("{} was changed after it was opened; open the dataset again", file_.path));
      }
      opened_ = std::make_unique<Environment>(file_);
    } catch (const Error& error) {
      throw SampleFailure(SampleStatus::open_failed, error.what());
    }
  }

  /// Left alone: LMDB forbids its use in a fork, and the descriptors may be somebody else's.
  void forget_that_of_another_process() const noexcept {
    if (owner_ == ::getpid()) return;
    static_cast<void>(opened_.release());
    owner_ = ::getpid();
  }

  RecordFile file_;
  bool datum_;
  RecordTable table_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable pid_t owner_ = ::getpid();
  mutable std::unique_ptr<Environment> opened_;
};

// ---- opening ----

std::string data_file(const std::string& path) {
  const std::string absolute = absolute_root(path);
  std::error_code ignored;
  return std::filesystem::is_directory(absolute, ignored) ? absolute + "/data.mdb" : absolute;
}

UniqueFd list_keys(const RecordFile& file) {
  struct CloseCursor {
    void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
  };
  const Environment environment(file);
  MDB_cursor* opened = nullptr;
  check(mdb_cursor_open(environment.transaction(), environment.database(), &opened), file.path, "read");
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(opened);
  RecordTableBuilder table;
  MDB_val key{};
  MDB_val value{};
  int status = mdb_cursor_get(opened, &key, &value, MDB_FIRST);
  for (; status == MDB_SUCCESS; status = mdb_cursor_get(opened, &key, &value, MDB_NEXT)) {
    RecordEntry entry;
    entry.bytes = value.mv_size;
    table.add(entry, {static_cast<const char*>(key.mv_data), key.mv_size});
  }
  if (status != MDB_NOTFOUND) check(status, file.path, "read");
  if (table.size() == 0) throw Error(ErrorCode::dataset, fmt::format("{} holds no key", file.path));
  return table.finish();
}

bool is_datum(SourceRequest& request) {
  const std::string value = request.take("value").value_or("image");
  request.refuse_others("value");
  if (value == "image" || value == "datum") return value == "datum";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: option value is \"{}\"; it must be image or datum", request.path, value));
}

}  // namespace

bool is_lmdb(const std::string& path) {
  std::error_code ignored;
  return ends_in(path, {".mdb", ".lmdb"}) || std::filesystem::is_regular_file(path + "/data.mdb", ignored);
}

std::unique_ptr<Dataset> open_lmdb_table(SourceRequest& request) {
  const bool datum = is_datum(request);
  const std::string path = data_file(request.path);
  const RecordFile file{path, stamp_of(path)};
  const std::string identity = json{{"version", 1}, {"files", files_to_json(std::span(&file, 1))}}.dump();
  IndexCache cache(request.options, "lmdb", path, path, identity);
  KeptIndex index = cache.get([&] { return KeptIndex{"", list_keys(file)}; });
  return std::make_unique<LmdbTable>(file, datum, std::move(index.table));
}

std::unique_ptr<Dataset> open_lmdb_table_recipe(const DatasetRecipe& recipe) {
  const json config = recipe_config(recipe, 1, "an LMDB");
  try {
    const json& file = config.at("files").at(0);
    return std::make_unique<LmdbTable>(
        RecordFile{name_from_json(file.at(0)), {file.at(1).get<std::uint64_t>(), file.at(2).get<std::int64_t>()}},
        config.at("datum").get<bool>(), own_copy(recipe.fds[0]));
  } catch (const json::exception& error) {
    refuse_recipe("an LMDB", error);
  }
}

}  // namespace slabring
