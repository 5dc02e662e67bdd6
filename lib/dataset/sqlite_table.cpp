#include "dataset/sqlite_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/name_list.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/record_set.hpp"
#include "dataset/sqlite_connection.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

/// A connection with the statement that finds an image, opened by each process when it first needs one, and never used
/// in a fork of the process that opened it. Its users take turns.
class Lookup {
 public:
  Lookup(RecordFile file, std::string sql) : file_(std::move(file)), sql_(std::move(sql)) {}
  ~Lookup() { forget_that_of_another_process(); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  const RecordFile& file() const noexcept { return file_; }
  const std::string& sql() const noexcept { return sql_; }

  /// Calls `visit` with the statement on the row of `id`. Throws SampleFailure.
  template <class Id, class Visit>
  void find(const Id& id, const Visit& visit) const {
    const std::lock_guard lock(mutex_);
    forget_that_of_another_process();
    try {
      if (!opened_) open();
      SqliteStatement& statement = opened_->statement;
      statement.reset();
      statement.bind(id);
      if (!statement.step())
        throw SampleFailure(SampleStatus::read_failed, "the database has no row of this id any more");
      visit(statement);
      statement.reset();
    } catch (const Error& error) {
      throw SampleFailure(SampleStatus::read_failed, error.what());
    }
  }

 private:
  struct Opened {
    SqliteConnection connection;
    SqliteStatement statement;  // goes first
  };

  void open() const {
    if (stamp_of(file_.path) != file_.stamp) {
      throw SampleFailure(SampleStatus::open_failed,
                          fmt::format("{} was changed after it was opened; open the dataset again", file_.path));
    }
    SqliteConnection connection = SqliteConnection::open_unchanging(file_.path);
    SqliteStatement statement = connection.prepare(sql_);
    opened_.reset(new Opened{std::move(connection), std::move(statement)});
  }

  /// Left alone: SQLite's connections must not be touched in a fork, and the descriptors may be somebody else's.
  void forget_that_of_another_process() const noexcept {
    if (owner_ == ::getpid()) return;
    static_cast<void>(opened_.release());
    owner_ = ::getpid();
  }

  RecordFile file_;
  std::string sql_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable pid_t owner_ = ::getpid();
  mutable std::unique_ptr<Opened> opened_;
};

class SqliteTable final : public Dataset {
 public:
  SqliteTable(RecordFile file, std::string sql, std::vector<std::string> classes, UniqueFd table)
      : lookup_(std::move(file), std::move(sql)), classes_(std::move(classes)), table_(std::move(table)) {
    const std::string& path = lookup_.file().path;
    folder_ = path.substr(0, std::max<std::size_t>(1, path.rfind('/')));
  }

  std::uint64_t size() const override { return table_.size(); }
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::uint64_t fingerprint() const override { return fingerprint_of(table_.contents()); }

  void load(SampleId id, Sample& sample) const override {
    const RecordEntry& entry = table_[to_index(id)];
    const std::string_view name = table_.name(to_index(id));
    const auto take = [&](const SqliteStatement& row) { take_image(row, sample); };
    if (entry.name_bytes > 0) {
      lookup_.find(name, take);
    } else {
      lookup_.find(static_cast<std::int64_t>(entry.offset), take);
    }
    sample.set_label(entry.label);
  }

  std::string describe(SampleId id) const override {
    const RecordEntry& entry = table_[to_index(id)];
    const std::string_view name = table_.name(to_index(id));
    const std::string& path = lookup_.file().path;
    return entry.name_bytes > 0 ? fmt::format("{}, sample {}", path, name)
                                : fmt::format("{}, sample {}", path, static_cast<std::int64_t>(entry.offset));
  }

  std::vector<std::string> read_roots() const override {
    std::error_code ignored;
    return {std::filesystem::canonical(lookup_.file().path, ignored).parent_path().native()};
  }

  std::optional<DatasetRecipe> recipe() const override {
    const RecordFile& file = lookup_.file();
    const json config{{"files", files_to_json(std::span(&file, 1))},
                      {"sql", name_to_json(lookup_.sql())},
                      {"classes", names_to_json(classes_)}};
    return DatasetRecipe{"sqlite", config.dump(), {table_.fd()}};
  }

 private:
  void take_image(const SqliteStatement& row, Sample& sample) const {
    switch (row.type(0)) {
      case SQLITE_BLOB: {
        const std::span<const std::byte> blob = row.blob(0);
        if (blob.empty()) throw SampleFailure(SampleStatus::empty, "the row's image is an empty blob");
        sample.buffer().assign(blob.begin(), blob.end());
        return sample.from_encoded(sample.buffer());
      }
      case SQLITE_TEXT: {
        const std::string_view path = row.text(0);
        if (path.starts_with('/')) return sample.from_file(path);
        return sample.from_file(folder_, path);
      }
      default:
        throw SampleFailure(SampleStatus::dataset_failed, "the row's image is neither a blob nor the text of a path");
    }
  }

  Lookup lookup_;
  std::string folder_;
  std::vector<std::string> classes_;
  RecordTable table_;
};

// ---- opening ----

[[noreturn]] void refuse(const std::string& path, const std::string& why, ErrorCode code = ErrorCode::dataset) {
  throw Error(code, fmt::format("{}: {}", path, why));
}

std::string quoted_name(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += c;
    text += c;
  }
  return text + '"';
}

/// The file format (sqlite.org/fileformat.html, 1.3): byte 18 is 2 with a write-ahead log.
bool has_write_ahead_log(const std::string& path) {
  std::array<char, 20> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return head[18] == 2;
}

SqliteConnection open_for_listing(const std::string& path) {
  if (!has_write_ahead_log(path)) return SqliteConnection::open_shared(path);
  std::error_code absent;
  if (std::filesystem::file_size(path + "-wal", absent) > 0 && !absent) {
    refuse(path,
           "has changes in its write-ahead log that are not merged; end the programs that write to it, or run "
           "PRAGMA wal_checkpoint(TRUNCATE)");
  }
  return SqliteConnection::open_unchanging(path);
}

/// The three statements that the query becomes.
struct Statements {
  std::string list;
  std::string words;
  std::string lookup;
};

Statements statements_for(const std::string& path, const SqliteConnection& connection, std::string query) {
  while (!query.empty() && (query.back() == ';' || query.back() == ' ')) query.pop_back();
  const SqliteStatement statement = connection.prepare(query);
  if (statement.columns() != 2 && statement.columns() != 3) {
    refuse(path,
           fmt::format("the query gives {} columns; it must give an id, an image, and a label if there are any",
                       statement.columns()),
           ErrorCode::invalid_argument);
  }
  const std::string id = quoted_name(statement.column_name(0));
  const std::string image = quoted_name(statement.column_name(1));
  const std::string label = statement.columns() == 3 ? quoted_name(statement.column_name(2)) : "NULL";
  const std::string from = fmt::format(" FROM ({})", query);
  return {fmt::format("SELECT {}, {}{}", id, label, from),
          fmt::format("SELECT DISTINCT {0}{1} WHERE typeof({0}) = 'text'", label, from),
          fmt::format("SELECT {}{} WHERE {} = ?1", image, from, id)};
}

/// Finding one row must not mean reading them all.
void require_an_index(const std::string& path, const SqliteConnection& connection, const std::string& lookup) {
  SqliteStatement plan = connection.prepare("EXPLAIN QUERY PLAN " + lookup);
  std::string steps;
  while (plan.step()) steps += fmt::format("{}{}", steps.empty() ? "" : "; ", plan.text(3));
  if (steps.find("SEARCH") != std::string::npos) return;
  refuse(path,
         fmt::format("to find one row by its id SQLite would read all of them ({}); make the id the primary key, or "
                     "create an index on it",
                     steps));
}

std::vector<std::string> classes_of(const SqliteConnection& connection, const std::string& sql) {
  NameList words;
  for (SqliteStatement statement = connection.prepare(sql); statement.step();) words.add(statement.text(0));
  words.sort();
  std::vector<std::string> classes;
  for (std::size_t i = 0; i < words.size(); ++i) classes.emplace_back(words[i]);
  return classes;
}

class Listing {
 public:
  Listing(const std::string& path, const std::vector<std::string>& classes) : path_(path) {
    for (std::size_t i = 0; i < classes.size(); ++i) labels_.emplace(classes[i], static_cast<std::int64_t>(i));
  }

  UniqueFd run(SqliteStatement rows) {
    while (rows.step()) add(rows);
    if (table_.size() == 0) refuse(path_, "the query gives no row");
    refuse_doubles();
    return table_.finish();
  }

 private:
  void add(const SqliteStatement& row) {
    RecordEntry entry;
    entry.label = label_of(row);
    std::string_view name;
    if (row.type(0) == SQLITE_INTEGER) {
      entry.offset = static_cast<std::uint64_t>(row.number(0));
      keys_.push_back(entry.offset);
    } else if (row.type(0) == SQLITE_TEXT && !row.text(0).empty()) {
      name = row.text(0);
      keys_.push_back(fingerprint_of(std::as_bytes(std::span(name))));
    } else {
      refuse(path_,
             fmt::format("row {} of the query has an id that is neither a whole number nor text", table_.size()));
    }
    table_.add(entry, name);
  }

  std::int64_t label_of(const SqliteStatement& row) const {
    if (row.type(1) == SQLITE_NULL) return -1;
    if (row.type(1) == SQLITE_INTEGER && labels_.empty()) return row.number(1);
    if (row.type(1) == SQLITE_TEXT) {
      const auto found = labels_.find(row.text(1));
      if (found != labels_.end()) return found->second;
    }
    refuse(path_,
           fmt::format("row {} of the query has a label that is {}; labels must all be whole numbers, or all words",
                       table_.size(), labels_.empty() ? "no whole number" : "no word"));
  }

  void refuse_doubles() {
    std::sort(keys_.begin(), keys_.end());
    if (std::adjacent_find(keys_.begin(), keys_.end()) != keys_.end()) {
      refuse(path_, "the query gives one id twice, so that it names no row");
    }
  }

  const std::string& path_;
  std::map<std::string, std::int64_t, std::less<>> labels_;
  std::vector<std::uint64_t> keys_;
  RecordTableBuilder table_;
};

}  // namespace

std::unique_ptr<Dataset> open_sqlite_table(SourceRequest& request) {
  const std::optional<std::string> query = request.take("query");
  request.refuse_others("query");
  if (!query) {
    refuse(request.path, "a database needs a query, such as ?query=SELECT id, image, label FROM images",
           ErrorCode::invalid_argument);
  }
  const std::string named = absolute_root(request.path);
  const FileStamp stamp = stamp_of(named);
  // Without links: SQLite would read them itself, which a sandboxed worker may not.
  const std::string path = std::filesystem::canonical(named).native();
  const RecordFile file{path, stamp};
  const SqliteConnection connection = open_for_listing(path);
  const Statements statements = statements_for(path, connection, *query);
  std::vector<std::string> classes = classes_of(connection, statements.words);
  require_an_index(path, connection, statements.lookup);
  UniqueFd table = Listing(path, classes).run(connection.prepare(statements.list));
  return std::make_unique<SqliteTable>(file, statements.lookup, std::move(classes), std::move(table));
}

std::unique_ptr<Dataset> open_sqlite_table_recipe(const DatasetRecipe& recipe) {
  const json config = recipe_config(recipe, 1, "a database");
  try {
    const json& file = config.at("files").at(0);
    return std::make_unique<SqliteTable>(
        RecordFile{name_from_json(file.at(0)), {file.at(1).get<std::uint64_t>(), file.at(2).get<std::int64_t>()}},
        name_from_json(config.at("sql")), names_from_json(config.at("classes")), own_copy(recipe.fds[0]));
  } catch (const json::exception& error) {
    refuse_recipe("a database", error);
  }
}

}  // namespace slabring
