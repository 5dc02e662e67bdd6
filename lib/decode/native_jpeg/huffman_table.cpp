#include "decode/native_jpeg/huffman_table.hpp"

#include <algorithm>

namespace slabring::native_jpeg {

bool CanonicalCode::assign(const HuffmanSpec& spec) {
  symbols_.fill(0);
  std::ranges::copy(spec.symbols, symbols_.begin());
  std::uint32_t code = 0;
  int index = 0;
  for (int length = 1; length <= max_code_length; ++length) {
    const auto l = static_cast<std::size_t>(length);
    counts_[l] = spec.counts[l - 1];
    offset_[l] = index - static_cast<std::int32_t>(code);
    code += static_cast<std::uint32_t>(counts_[l]);
    index += counts_[l];
    if (code >= std::uint32_t{1} << length) return false;
    end_[l] = code << (max_code_length - length);
    code <<= 1;
  }
  return true;
}

CanonicalCode::Symbol CanonicalCode::decode(std::uint64_t bits) const {
  const auto top = static_cast<std::uint32_t>(bits >> 48);
  for (int length = 1; length <= max_code_length; ++length) {
    const auto l = static_cast<std::size_t>(length);
    if (top >= end_[l]) continue;
    // No shorter code begins like this, so it is not before the first of this length, and the index is in range.
    return {length, symbol(offset_[l] + static_cast<int>(top >> (max_code_length - length)))};
  }
  return {};
}

bool DcTable::build(const HuffmanSpec& spec) {
  if (!code_.assign(spec)) return false;
  if (std::ranges::any_of(spec.symbols, [](int size) { return size > 15; })) return false;  // as libjpeg
  auto out = entries_.begin();
  int index = 0;
  for (int length = 1; length <= index_bits; ++length) {
    for (int i = 0; i < code_.count(length); ++i) {
      const int size = code_.symbol(index++);
      out = std::fill_n(out, 1 << (index_bits - length), size > max_dc_size ? 0 : entry(length, size));
    }
  }
  std::fill(out, entries_.end(), 0U);
  return true;
}

std::uint32_t DcTable::look_up_slowly(std::uint64_t bits) const {
  const auto [length, size] = code_.decode(bits);
  return length == 0 || size > max_dc_size ? 0 : entry(length, size);
}

namespace {

/// What `size` bits mean in JPEG's way to write numbers.
int value_of(int raw, int size) {
  if (size == 0) return 0;
  return raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
}

struct AcSymbol {
  int length;  // of the code
  int size;    // of the value
  int step;    // of the zigzag index
  bool is_end;
  bool is_zero_run;  // 16 zeros and no value
  bool is_damage;

  AcSymbol(int code_length, int symbol)
      : length(code_length),
        size(symbol & 15),
        step((symbol >> 4) + 1),
        is_end(symbol == 0),
        is_zero_run(symbol == 0xF0),
        is_damage(size > max_ac_size || (size == 0 && !is_end && !is_zero_run)) {}
};

}  // namespace

/// Fills the table without decoding each of its indexes: the fields of a last symbol can be added to those of a known
/// one, so the entries behind a known symbol are its own entry plus those of a smaller table for the bits that are
/// left.
class AcTable::Builder {
 public:
  explicit Builder(AcTable& table) : table_(table), code_(table.code_), out_(table.entries_.data()) {}

  void build() {
    list_last_symbols();
    int index = 0;
    for (int length = 1; length <= index_bits; ++length) {
      for (int i = 0; i < code_.count(length); ++i) add_symbol(AcSymbol(length, code_.symbol(index++)));
    }
    fill(static_cast<int>(table_.entries_.data() + table_.entries_.size() - out_), unusual_entry());
  }

 private:
  static constexpr Entry field(int value, int shift) { return static_cast<Entry>(value) * (Entry{1} << shift); }

  /// A last symbol, to be added to what comes before it: of a known symbol's end all offsets are counted.
  static constexpr Entry last_entry(int bits, int offset, int size, int step) {
    return field(bits, total_bits) | field(offset, last_offset) | field((64 - size) & 63, last_complement) |
           field(step, last_step);
  }
  /// One alone.
  static constexpr Entry lone_entry(int bits, int offset, int size, int step) {
    return last_entry(bits, offset, size, step) | field(no_known, known_step);
  }
  static Entry known_entry(int bits, int step, int value) {
    return last_entry(bits, bits, 0, step) | field(step, known_step) | field(bits, known_bits) |
           static_cast<Entry>(static_cast<std::uint16_t>(value)) << known_value;
  }
  static Entry unusual_entry() { return lone_entry(0, 0, 0, unusual); }

  /// Entries for `bits` bits lie at last_[1 << bits], indexed by them; 0: no code of the file fits into so few.
  Entry* last_symbols(int bits) { return last_.data() + (std::size_t{1} << bits); }

  void list_last_symbols() {
    constexpr int most = index_bits - 1;  // a known symbol takes at least one
    Entry* out = last_symbols(most);
    Entry* const end = out + (1 << most);
    int index = 0;
    for (int length = 1; length <= most; ++length) {
      for (int i = 0; i < code_.count(length); ++i) {
        const AcSymbol symbol(length, code_.symbol(index++));
        Entry entry = last_entry(length + symbol.size, length, symbol.size, symbol.step);
        if (symbol.is_end) entry = last_entry(length, length, 0, end_of_block);
        if (symbol.is_damage || symbol.is_zero_run || symbol.size > max_last_size) entry = 0;
        out = std::fill_n(out, 1 << (most - length), entry);
      }
    }
    std::fill(out, end, Entry{0});
    for (int bits = most - 1; bits >= 0; --bits) shorten(bits);
  }

  /// What is left of the entries for one bit more.
  void shorten(int bits) {
    const Entry* longer = last_symbols(bits + 1);
    Entry* shorter = last_symbols(bits);
    for (std::size_t i = 0; i < std::size_t{1} << bits; ++i) {
      const Entry entry = longer[2 * i];
      const auto code_length = static_cast<int>(entry >> last_offset & 255);
      shorter[i] = code_length <= bits ? entry : 0;
    }
  }

  void add_symbol(const AcSymbol& symbol) {
    const int span = 1 << (index_bits - symbol.length);
    const int bits = symbol.length + symbol.size;
    if (symbol.is_end) return fill(span, lone_entry(symbol.length, 0, 0, end_of_block));
    if (symbol.is_damage || symbol.size > max_last_size) return fill(span, unusual_entry());
    if (bits > index_bits) return fill(span, lone_entry(bits, symbol.length, symbol.size, symbol.step));
    for (int raw = 0; raw < 1 << symbol.size; ++raw) {
      add_followed(known_entry(bits, symbol.step, value_of(raw, symbol.size)), index_bits - bits);
    }
  }

  void add_followed(Entry known, int bits_left) {
    const Entry* last = last_symbols(bits_left);
    const int count = 1 << bits_left;
    for (int i = 0; i < count; ++i) out_[i] = known + last[i];
    out_ += count;
  }

  void fill(int count, Entry entry) { out_ = std::fill_n(out_, count, entry); }

  AcTable& table_;
  const CanonicalCode& code_;
  Entry* out_;
  alignas(64) std::array<Entry, 1 << index_bits> last_{};
};

bool AcTable::build(const HuffmanSpec& spec) {
  if (!code_.assign(spec)) return false;
  Builder(*this).build();
  return true;
}

}  // namespace slabring::native_jpeg
