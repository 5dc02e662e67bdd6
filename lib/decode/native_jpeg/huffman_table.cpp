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

namespace {

constexpr int register_bits = 64;

int complement_of(int size) { return size > 0 ? register_bits - size : 0; }

}  // namespace

bool DcTable::build(const HuffmanSpec& spec) {
  if (!code_.assign(spec)) return false;
  if (std::ranges::any_of(spec.symbols, [](int size) { return size > 15; })) return false;  // as libjpeg
  auto out = entries_.begin();
  int index = 0;
  for (int length = 1; length <= index_bits; ++length) {
    for (int i = 0; i < code_.count(length); ++i) {
      const int size = code_.symbol(index++);
      const int entry = size > max_dc_size ? 0 : (length + size) | complement_of(size) << 8;
      out = std::fill_n(out, 1 << (index_bits - length), static_cast<std::uint16_t>(entry));
    }
  }
  std::fill(out, entries_.end(), std::uint16_t{0});
  return true;
}

DcTable::Entry DcTable::look_up_slowly(std::uint64_t bits) const {
  const auto [length, size] = code_.decode(bits);
  if (length == 0 || size > max_dc_size) return {};
  return {static_cast<std::uint64_t>(length + size), static_cast<std::uint64_t>(complement_of(size))};
}

namespace {

/// What `size` bits mean in JPEG's way to write numbers.
int value_of(int raw, int size) {
  if (size == 0) return 0;
  return raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
}

struct AcSymbol {
  int length;     // of the code
  int size;       // of the value
  unsigned step;  // of the zigzag index
  bool is_end;
  bool is_zero_run;  // 16 zeros and no value
  bool is_damage;

  AcSymbol(int code_length, int symbol)
      : length(code_length),
        size(symbol & 15),
        step(static_cast<unsigned>(symbol >> 4) + 1),
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
  explicit Builder(AcTable& table) : out_(table.entries_), code_(table.code_) {}

  void build() {
    list_last_symbols();
    int index = 0;
    for (int length = 1; length <= index_bits; ++length) {
      for (int i = 0; i < code_.count(length); ++i) add_symbol(AcSymbol(length, code_.symbol(index++)));
    }
    add(out_.chain.size() - filled_, unusual_entry());
  }

 private:
  using Chain = std::uint16_t;
  using Values = std::uint32_t;
  struct Entry {
    Chain chain = 0;
    Values values = 0;
  };

  static constexpr Chain chain_of(int bits, unsigned step) {
    return static_cast<Chain>(bits | static_cast<int>(step) << 8);
  }
  static constexpr Values values_of(int value, unsigned step, int complement) {
    return static_cast<std::uint16_t>(value) | Values{step} << 16 | static_cast<Values>(complement) << 24;
  }
  /// A last symbol, to be added to what comes before it.
  static Entry last_entry(int bits, int size, unsigned step) {
    return {chain_of(bits, step), values_of(0, 0, complement_of(size))};
  }
  /// One alone.
  static Entry lone_entry(int bits, int size, unsigned step) {
    return {chain_of(bits, step), values_of(0, no_known, complement_of(size))};
  }
  static Entry known_entry(int bits, unsigned step, int value) {
    return {chain_of(bits, step), values_of(value, step, 0)};
  }
  static Entry unusual_entry() { return lone_entry(0, 0, unusual); }

  /// Where the last symbols of `bits` bits begin, indexed by them; an entry of 0: no code of the file fits into so few.
  static std::size_t last_symbols(int bits) { return std::size_t{1} << bits; }

  void list_last_symbols() {
    constexpr int most = index_bits - 1;  // a known symbol takes at least one
    std::size_t out = last_symbols(most);
    int index = 0;
    for (int length = 1; length <= most; ++length) {
      for (int i = 0; i < code_.count(length); ++i) {
        const AcSymbol symbol(length, code_.symbol(index++));
        Entry entry = last_entry(length + symbol.size, symbol.size, symbol.step);
        if (symbol.is_end) entry = last_entry(length, 0, end_of_block);
        if (symbol.is_damage || symbol.is_zero_run || symbol.size > max_last_size) entry = {};
        out = fill(last_, out, std::size_t{1} << (most - length), entry);
      }
    }
    fill(last_, out, last_.chain.size() - out, {});
    for (int bits = most - 1; bits >= 0; --bits) shorten(bits);
  }

  /// What is left of the entries for one bit more.
  void shorten(int bits) {
    const std::size_t longer = last_symbols(bits + 1);
    const std::size_t shorter = last_symbols(bits);
    for (std::size_t i = 0; i < std::size_t{1} << bits; ++i) {
      const Chain chain = last_.chain[longer + 2 * i];
      const Values values = last_.values[longer + 2 * i];
      const auto code_length = static_cast<int>((chain & 255U) + (values >> 24)) & (register_bits - 1);
      last_.chain[shorter + i] = code_length <= bits ? chain : Chain{0};
      last_.values[shorter + i] = code_length <= bits ? values : Values{0};
    }
  }

  void add_symbol(const AcSymbol& symbol) {
    const std::size_t span = std::size_t{1} << (index_bits - symbol.length);
    const int bits = symbol.length + symbol.size;
    if (symbol.is_end) return add(span, lone_entry(symbol.length, 0, end_of_block));
    if (symbol.is_damage || symbol.size > max_last_size) return add(span, unusual_entry());
    if (bits > index_bits) return add(span, lone_entry(bits, symbol.size, symbol.step));
    for (int raw = 0; raw < 1 << symbol.size; ++raw) {
      add_followed(known_entry(bits, symbol.step, value_of(raw, symbol.size)), index_bits - bits);
    }
  }

  void add_followed(const Entry& known, int bits_left) {
    const std::size_t count = std::size_t{1} << bits_left;
    const Chain* chain = last_.chain.data() + last_symbols(bits_left);
    const Values* values = last_.values.data() + last_symbols(bits_left);
    for (std::size_t i = 0; i < count; ++i) {
      out_.chain[filled_ + i] = static_cast<Chain>(known.chain + chain[i]);
      out_.values[filled_ + i] = known.values + values[i];
    }
    filled_ += count;
  }

  void add(std::size_t count, const Entry& entry) { filled_ = fill(out_, filled_, count, entry); }

  /// Returns where they end.
  static std::size_t fill(Entries& entries, std::size_t begin, std::size_t count, const Entry& entry) {
    std::fill_n(entries.chain.data() + begin, count, entry.chain);
    std::fill_n(entries.values.data() + begin, count, entry.values);
    return begin + count;
  }

  Entries& out_;
  const CanonicalCode& code_;
  std::size_t filled_ = 0;
  Entries last_{};
};

bool AcTable::build(const HuffmanSpec& spec) {
  if (!code_.assign(spec)) return false;
  Builder(*this).build();
  return true;
}

}  // namespace slabring::native_jpeg
