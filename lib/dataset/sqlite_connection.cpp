#include "dataset/sqlite_connection.hpp"

#include <fmt/format.h>

#include "slabring/error.hpp"

namespace slabring {
namespace {

/// A writer that commits is done by then.
constexpr int patience_ms = 500;

[[noreturn]] void fail(const std::string& path, sqlite3* connection, int status) {
  const int primary = status & 0xff;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    throw Error(ErrorCode::dataset, fmt::format("{} is locked by a program that writes to it; try again when that has "
                                                "finished",
                                                path));
  }
  throw Error(ErrorCode::dataset,
              fmt::format("{}: SQLite says: {}", path,
                          connection == nullptr ? sqlite3_errstr(status) : sqlite3_errmsg(connection)));
}

/// A path as a URI has it.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

bool SqliteStatement::step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  fail(path_, sqlite3_db_handle(statement_.get()), status);
}

SqliteConnection::SqliteConnection(std::string path, const std::string& uri) : path_(std::move(path)) {
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(uri.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(opened);
  if (status != SQLITE_OK) fail(path_, opened, status);
  sqlite3_busy_timeout(opened, patience_ms);
}

SqliteConnection SqliteConnection::open_unchanging(const std::string& path) {
  return {path, uri_of(path) + "?immutable=1"};
}

SqliteConnection SqliteConnection::open_shared(const std::string& path) { return {path, uri_of(path)}; }

SqliteStatement SqliteConnection::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int status =
      sqlite3_prepare_v2(connection_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1, &statement, &rest);
  if (status != SQLITE_OK) fail(path_, connection_.get(), status);
  SqliteStatement prepared(path_, statement);
  if (statement == nullptr) throw Error(ErrorCode::invalid_argument, fmt::format("{}: the query is empty", path_));
  return prepared;
}

}  // namespace slabring
