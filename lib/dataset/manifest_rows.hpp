#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slabring {

enum class ManifestFormat : std::uint8_t { csv, tsv, jsonl };

/// Where in a manifest paths and labels are.
struct ManifestForm {
  ManifestFormat format = ManifestFormat::csv;
  std::string path_column = "path";
  std::string label_column = "label";
  /// Whether the first row names the columns; without it a column is a number from 1. JSONL has none.
  bool header = true;
};

/// Splits one row of CSV (RFC 4180) or TSV into cells, without the quotes. False: a quoted cell goes on in the next
/// line. Throws std::invalid_argument with half a sentence when a quote ends where no cell ends.
bool split_row(std::string_view row, char delimiter, std::vector<std::string>& cells);

/// Reads a manifest row by row in constant memory.
class ManifestRows {
 public:
  /// Throws Error(dataset): cannot be read, no such column in its first row.
  ManifestRows(const std::string& path, const ManifestForm& form);

  /// The next sample; false at the end. Throws Error(dataset) that names file, line and what is wrong there.
  bool next();
  /// Valid until the next call of next(). An absent label is empty.
  std::string_view path() const noexcept { return path_; }
  std::string_view label() const noexcept { return label_; }
  /// Bytes read so far.
  std::uint64_t position() const noexcept { return position_; }

  [[noreturn]] void refuse(const std::string& what) const;

 private:
  bool read_line();
  bool read_cells();
  void find_columns();
  std::size_t column(const std::string& name) const;
  void take_cells();
  void take_json();

  std::string file_;
  ManifestForm form_;
  std::ifstream in_;
  std::uint64_t position_ = 0;
  std::uint64_t line_number_ = 0;
  std::string line_;
  std::vector<std::string> cells_;
  std::size_t path_column_ = 0;
  std::optional<std::size_t> label_column_;
  std::string path_;
  std::string label_;
};

}  // namespace slabring
