#include "dataset/manifest_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {
namespace {

/// A row longer than this is a quote that nobody closed.
constexpr std::size_t longest_row = std::size_t{1} << 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Reads the quoted cell that `rest` begins with; nullopt: it goes on in the next line.
std::optional<std::string> quoted_cell(std::string_view& rest, char delimiter) {
  std::string cell;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"') {
      cell += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
      cell += rest[++i];
    } else {
      rest.remove_prefix(i + 1);
      if (!rest.empty() && rest.front() != delimiter) {
        throw std::invalid_argument("a quoted cell goes on after its closing quote");
      }
      return cell;
    }
  }
  return std::nullopt;
}

/// As text, so that 3 and "3" are one label.
std::string label_text(const nlohmann::json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  throw std::invalid_argument(fmt::format("the label is {}; it must be a whole number or a word", value.dump()));
}

}  // namespace

bool split_row(std::string_view row, char delimiter, std::vector<std::string>& cells) {
  cells.clear();
  for (std::string_view rest = row;;) {
    if (!rest.empty() && rest.front() == '"') {
      std::optional<std::string> cell = quoted_cell(rest, delimiter);
      if (!cell) return false;
      cells.push_back(std::move(*cell));
    } else {
      const std::size_t end = std::min(rest.find(delimiter), rest.size());
      cells.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (rest.empty()) return true;
    rest.remove_prefix(1);  // the delimiter
  }
}

ManifestRows::ManifestRows(const std::string& path, const ManifestForm& form)
    : file_(path), form_(form), in_(path, std::ios::binary) {
  if (!in_) {
    throw Error(ErrorCode::dataset,
                fmt::format("{} cannot be opened: {}", path, std::generic_category().message(errno)));
  }
  if (form_.format != ManifestFormat::jsonl) find_columns();
}

void ManifestRows::refuse(const std::string& what) const {
  throw Error(ErrorCode::dataset, fmt::format("{}, line {}: {}", file_, line_number_, what));
}

/// Into line_, without its end.
bool ManifestRows::read_line() {
  if (!std::getline(in_, line_)) return false;
  ++line_number_;
  position_ += line_.size() + 1;
  if (line_number_ == 1 && std::string_view(line_).starts_with(byte_order_mark)) line_.erase(0, byte_order_mark.size());
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  return true;
}

/// The next row that is not blank, into cells_.
bool ManifestRows::read_cells() {
  do {
    if (!read_line()) return false;
  } while (line_.empty());
  const char delimiter = form_.format == ManifestFormat::tsv ? '\t' : ',';
  const std::uint64_t begins = line_number_;
  std::string row = line_;
  try {
    while (!split_row(row, delimiter, cells_)) {
      if (row.size() > longest_row || !read_line()) {
        line_number_ = begins;
        refuse("the quote that opens a cell is never closed");
      }
      row += '\n';
      row += line_;
    }
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  return true;
}

std::size_t ManifestRows::column(const std::string& name) const {
  if (!form_.header) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || end != name.data() + name.size() || number < 1) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{}: without a header a column is a number from 1, not \"{}\"", file_, name));
    }
    return number - 1;
  }
  const auto found = std::find(cells_.begin(), cells_.end(), name);
  return static_cast<std::size_t>(found - cells_.begin());
}

void ManifestRows::find_columns() {
  if (form_.header && !read_cells()) throw Error(ErrorCode::dataset, fmt::format("{} is empty", file_));
  path_column_ = column(form_.path_column);
  label_column_ = column(form_.label_column);
  if (!form_.header) return;
  if (path_column_ == cells_.size()) {
    refuse(fmt::format("no column is called \"{}\"; there are \"{}\". Name one with ?path=COLUMN, or say ?header=no",
                       form_.path_column, fmt::join(cells_, "\", \"")));
  }
  if (label_column_ == cells_.size()) label_column_.reset();
}

void ManifestRows::take_cells() {
  const std::size_t needed = std::max(path_column_, label_column_.value_or(0)) + 1;
  if (cells_.size() < needed) refuse(fmt::format("has {} columns, at least {} are needed", cells_.size(), needed));
  path_ = cells_[path_column_];
  label_ = label_column_ ? cells_[*label_column_] : "";
}

void ManifestRows::take_json() {
  try {
    const nlohmann::json row = nlohmann::json::parse(line_);
    if (!row.is_object()) refuse("is no JSON object");
    const auto path = row.find(form_.path_column);
    if (path == row.end() || !path->is_string()) {
      refuse(fmt::format("has no text \"{}\"; name the right one with ?path=NAME", form_.path_column));
    }
    path_ = path->get<std::string>();
    const auto label = row.find(form_.label_column);
    label_ = label == row.end() ? "" : label_text(*label);
  } catch (const nlohmann::json::exception& error) {
    refuse(fmt::format("is no JSON: {}", error.what()));
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
}

bool ManifestRows::next() {
  if (form_.format == ManifestFormat::jsonl) {
    do {
      if (!read_line()) return false;
    } while (line_.find_first_not_of(" \t") == std::string::npos);
    take_json();
  } else {
    if (!read_cells()) return false;
    take_cells();
  }
  if (path_.empty()) refuse("the path is empty");
  if (path_.find('\0') != std::string::npos) refuse("the path has a zero byte in it");
  return true;
}

}  // namespace slabring
