#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace slabring {

/// A prepared statement. Its text columns are valid until the next step.
class SqliteStatement {
 public:
  /// True: there is a row. Throws Error(dataset) with SQLite's reason.
  bool step();
  void reset() noexcept { sqlite3_reset(statement_.get()); }
  void bind(std::int64_t value) noexcept { sqlite3_bind_int64(statement_.get(), 1, value); }
  void bind(std::string_view value) noexcept {
    sqlite3_bind_text64(statement_.get(), 1, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }

  int columns() const noexcept { return sqlite3_column_count(statement_.get()); }
  std::string column_name(int i) const { return sqlite3_column_name(statement_.get(), i); }
  int type(int i) const noexcept { return sqlite3_column_type(statement_.get(), i); }
  std::int64_t number(int i) const noexcept { return sqlite3_column_int64(statement_.get(), i); }
  std::string_view text(int i) const noexcept {
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), i));
    return {begin, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), i))};
  }
  std::span<const std::byte> blob(int i) const noexcept {
    const auto* begin = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), i));
    return {begin, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), i))};
  }

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  SqliteStatement(std::string path, sqlite3_stmt* statement) : path_(std::move(path)), statement_(statement) {}

  std::string path_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A database that is open for reading.
class SqliteConnection {
 public:
  /// As one whose file nobody changes while it is open: no locks, no journal is looked for; or as one that others may
  /// be writing to. Throw Error(dataset) with SQLite's reason.
  static SqliteConnection open_unchanging(const std::string& path);
  static SqliteConnection open_shared(const std::string& path);

  SqliteStatement prepare(const std::string& sql) const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
  };
  SqliteConnection(std::string path, const std::string& uri);

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace slabring
