#pragma once

/// The shared memory of a ring, as a wire format.
///
/// Nouns. A SLAB is the memory of one batch; a ROW is one sample in it. TICKET t = n * B + r is row r of the n-th batch
/// of the run (n is never reset: epochs are only metadata, so prefetch crosses their ends). A slab is not bound to a
/// place in the run: `order[n % 64]` says which slab holds batch n.
///
///   control memory                                      data memory
///   +--------+------+------+------+--------+-------+    +---------------------------------------------+
///   | Header | Pool | Ring | Slot x 256    | Slab0 |    | slab 0: images [B, row_bytes]               |
///   +--------+------+------+------+--------+-------+    |         labels, partner labels [B] i64 each |
///   Slab: head | done bitmap | owner[B] | row[B] |      |         lambdas [B] f32                     |
///         message[B]                                    |         extra arrays [B, extra_row_bytes[i]] |
///                                                       | slab 1: ...                                 |
///                                                       +---------------------------------------------+
///
/// Life of a row (the actor on every arrow; W worker, T trainer, C coordinator):
///
///   DONE(n-K..) --T arm--> FREE(n) --W cas--> CLAIMED(w,n) --W fetch_or--> DONE(n)
///                          |  ^                 | w is confirmed dead, its bit clear
///                          |  +----- C cas -----+
///                          |  ^                 +--C cas--> CLAIMED(C) --C fetch_or--> DONE(n)
///                          |  |                               |  zeroed, status quarantined
///                          |  +-- C store --------------------+  or left to a substitute
///                          +--T cas--> CLAIMED(T) --T fetch_or--> DONE(n)        (early break)
///
/// Life of a slab: free --T arm--> open --> complete --T take--> held --T release--> free. Complete is not stored: it
/// is the bitmap being full. Only `owner`, `done`, `hint`, `issued` and the two bells are ever raced on.
///
/// All multi-byte words are little-endian natives; there are indexes and no pointers. What another process may have
/// written is untrusted: each side keeps the Shape privately and bounds every index it reads.
///
/// Control words are seq_cst. Two pairs need it (Dekker): (done RMW, bell load) against (bell RMW, done load), and
/// (done[i] RMW, done[j] load) against the same the other way round, so that of two last finishers one sees the bitmap
/// full.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cache_line.hpp"
#include "slabring/sample.hpp"
#include "sync/bell.hpp"

namespace slabring::ring {

inline constexpr std::uint64_t magic = 0x31676e6972626c73;  // "slbring1", little-endian
inline constexpr std::uint32_t layout_version = 4;
inline constexpr std::uint32_t max_batch = 4096;
inline constexpr std::uint32_t max_slabs = 64;
inline constexpr std::uint32_t max_workers = 256;
inline constexpr std::uint32_t max_extra_arrays = 62;
inline constexpr std::uint64_t max_row_bytes = std::uint64_t{1} << 40;  ///< of a row with its part of every extra array
inline constexpr std::uint32_t order_size = 64;                         ///< a power of two, at least max_slabs
inline constexpr std::uint32_t bits_per_word = 64;
inline constexpr std::uint32_t max_words = max_batch / bits_per_word;
inline constexpr std::uint64_t ticket_bits = 48;
inline constexpr std::uint64_t ticket_mask = (std::uint64_t{1} << ticket_bits) - 1;
static_assert((order_size & (order_size - 1)) == 0 && order_size >= max_slabs);

/// What a ring is made for. Fixed for its life; every process keeps its own copy.
struct Shape {
  std::uint32_t batch_size = 0;
  std::uint32_t slabs = 0;
  std::uint32_t workers = 0;
  std::uint32_t extra_arrays = 0;  ///< beside images and labels
  std::uint64_t row_bytes = 0;
  /// What a row has in each of the extra arrays; 0 behind the last one.
  std::array<std::uint64_t, max_extra_arrays> extra_row_bytes{};
  bool operator==(const Shape&) const = default;
};

/// First in the control memory; written once by the trainer before any other process starts.
struct alignas(cache_line) Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t header_bytes;
  std::uint64_t abi;  ///< abi_hash(): sizes and offsets of everything below
  Shape shape;
  std::uint64_t control_bytes;
  std::uint64_t data_bytes;
};

/// What all workers of a pool share, whichever ring they work for.
struct Pool {
  alignas(cache_line) std::atomic<std::uint32_t> stop;  ///< 1: end. Writer: trainer (and coordinator on its death)
  Bell work;                                            ///< "there may be unclaimed rows". Sleepers: workers
};

/// One trainer's ring.
struct Ring {
  alignas(cache_line) std::atomic<std::uint64_t> hint;  ///< tag:16 | ticket:48, a lower bound of the first free ticket
  alignas(cache_line) std::atomic<std::uint64_t> issued;             ///< batches armed so far. Writer: trainer
  alignas(cache_line) std::atomic<std::uint32_t> order[order_size];  ///< batch % 64 -> slab. Writer: trainer
  Bell ready;  ///< "a batch became complete, or something happened". Sleeper: trainer
};

/// Kept by the coordinator for stats.
struct Counters {
  alignas(cache_line) std::atomic<std::uint64_t> deaths;
  std::atomic<std::uint64_t> rows_redone;
  std::atomic<std::uint64_t> quarantined;
  std::atomic<std::uint64_t> huge_page_bytes;
};

/// What a worker is at, for the message about its death.
enum class Stage : std::uint32_t { idle, load, read, decode, transform };

/// One worker's own line; the single writer is that worker (and the coordinator between its death and its successor).
struct alignas(cache_line) Slot {
  std::atomic<std::int32_t> pid;
  std::atomic<std::uint32_t> generation;  ///< how many workers had this slot before
  std::atomic<std::uint64_t> active;      ///< ticket + 1 of the row in hand; 0: none
  std::atomic<std::uint64_t> sample;      ///< in hand: the row's, or one that is to stand in for it
  std::atomic<Stage> stage;
  std::atomic<std::uint64_t> done;  ///< rows published
  std::atomic<std::uint64_t> sleeps;
  std::atomic<std::uint64_t> retries;           ///< lost claim races
  std::atomic<std::uint32_t> sandbox;           ///< parts of the sandbox that this worker is in, sandbox.hpp
  std::atomic<std::uint64_t> decoded_native;    ///< JPEGs, by this worker and those before it
  std::atomic<std::uint64_t> decoded_fallback;  ///< those that libjpeg-turbo decoded
};

/// Written by the trainer before the batch is issued; read by workers that hold a claim in it.
struct alignas(cache_line) SlabHead {
  std::uint64_t epoch;
  std::uint64_t index;  ///< of the batch among those of all ranks in its epoch; rows are mixed by it
  std::uint32_t rows;   ///< rows that are not void; workers never decide what to claim by it (model mutant 10)
  std::uint32_t reserved;
};

/// `sample` and `occurrence` are the trainer's to write (the first atomic, because read-ahead looks at rows it has not
/// claimed), `status` and `substitution` the row's owner's.
struct Row {
  std::atomic<std::uint64_t> sample;
  std::uint64_t occurrence;    ///< of the sample in its epoch: what its random transforms are keyed by beside it
  std::uint32_t status;        ///< SampleStatus
  std::uint32_t substitution;  ///< when status is `substituted`: Substitution::bits
};

inline constexpr std::size_t message_bytes = 240;
struct Message {
  char text[message_bytes];  ///< zero-terminated unless hostile
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::int32_t>::is_always_lock_free);
static_assert(sizeof(Header) == 5 * cache_line && sizeof(Pool) == 2 * cache_line && sizeof(Ring) == 5 * cache_line &&
              sizeof(Counters) == cache_line && sizeof(Slot) == cache_line && sizeof(SlabHead) == cache_line &&
              sizeof(Row) == 24);

struct Control {
  Header header;
  Pool pool;
  Ring ring;
  Counters counters;
  Slot slot[max_workers];
  // SlabControl x shape.slabs follows, see SlabOffsets.
};
static_assert(offsetof(Control, pool) == 640 && offsetof(Control, ring) == 896 && offsetof(Control, counters) == 1536 &&
              offsetof(Control, slot) == 1664 && sizeof(Control) == 1664 + 128 * max_workers);

/// Where the parts of one slab's control block lie; a function of the batch size.
struct SlabOffsets {
  std::size_t done;
  std::size_t owner;
  std::size_t row;
  std::size_t message;
  std::size_t stride;
  explicit constexpr SlabOffsets(std::uint32_t batch_size) noexcept
      : done(sizeof(SlabHead)),
        owner(align_up(done + max_words * sizeof(std::uint64_t), cache_line)),
        row(align_up(owner + batch_size * sizeof(std::uint64_t), cache_line)),
        message(align_up(row + batch_size * sizeof(Row), cache_line)),
        stride(align_up(message + batch_size * sizeof(Message), cache_line)) {}
};

/// Where the parts of one slab's data lie.
struct DataOffsets {
  static constexpr std::size_t huge_page = std::size_t{2} << 20;
  static constexpr std::size_t small_page = 4096;
  std::size_t labels;  ///< from the start of the slab; images are at 0
  std::size_t partner_labels;
  std::size_t lambdas;
  std::array<std::size_t, max_extra_arrays> extra;  ///< each at the beginning of a cache line
  std::size_t stride;
  explicit constexpr DataOffsets(const Shape& shape) noexcept
      : labels(align_up(shape.batch_size * shape.row_bytes, cache_line)),
        partner_labels(labels + shape.batch_size * sizeof(std::int64_t)),
        lambdas(partner_labels + shape.batch_size * sizeof(std::int64_t)),
        extra{},
        stride(lambdas + shape.batch_size * sizeof(float)) {
    for (std::size_t i = 0; i < shape.extra_arrays; ++i) {
      extra[i] = align_up(stride, cache_line);
      stride = extra[i] + shape.batch_size * shape.extra_row_bytes[i];
    }
    stride = align_up(stride, stride >= huge_page ? huge_page : small_page);
  }
};

/// A sentence that says why there is no ring of such a shape; nullptr: there is. Of no other shape may anything below
/// be asked.
const char* check(const Shape& shape) noexcept;

std::size_t control_bytes(const Shape& shape) noexcept;
std::size_t data_bytes(const Shape& shape) noexcept;
/// Changes whenever the layout does; two programs may share a ring only when it is equal.
std::uint64_t abi_hash() noexcept;

/// The words of a ring in memory that somebody else made; opens nothing and owns nothing. Copyable.
///
/// All indexes are bounded by the private copy of the shape, never by what the memory says.
class View {
 public:
  View() = default;
  /// Requires: `control` and `data` are mapped for control_bytes(shape) and data_bytes(shape), and stay so.
  View(const Shape& shape, std::byte* control, std::byte* data) noexcept;

  /// Zeroes nothing, writes the header and puts every word to its starting value. Trainer, once, on fresh memory.
  void format() const noexcept;
  /// A sentence that says why this memory is not a ring; nullptr: it is one of shape `header.shape`. For whoever did
  /// not make it. Requires: `header` is a private copy, which is also what the shape is then taken from.
  static const char* check(const Header& header, std::size_t control_size, std::size_t data_size) noexcept;

  const Shape& shape() const noexcept { return shape_; }
  std::uint32_t words() const noexcept { return words_; }
  Pool& pool() const noexcept { return control()->pool; }
  Ring& ring() const noexcept { return control()->ring; }
  Counters& counters() const noexcept { return control()->counters; }
  /// Requires: index < max_workers.
  Slot& slot(std::uint32_t index) const noexcept { return control()->slot[index]; }

  /// Requires, here and below: slab < shape().slabs, row < shape().batch_size.
  SlabHead& head(std::uint32_t slab) const noexcept { return *at<SlabHead>(slab, 0); }
  std::atomic<std::uint64_t>& done(std::uint32_t slab, std::uint32_t word) const noexcept {
    return at<std::atomic<std::uint64_t>>(slab, slab_offsets_.done)[word];
  }
  bool is_done(std::uint32_t slab, std::uint32_t row) const noexcept {
    return (done(slab, row / bits_per_word).load() >> (row % bits_per_word) & 1) != 0;
  }
  std::atomic<std::uint64_t>& owner(std::uint32_t slab, std::uint32_t row) const noexcept {
    return at<std::atomic<std::uint64_t>>(slab, slab_offsets_.owner)[row];
  }
  Row& row(std::uint32_t slab, std::uint32_t row) const noexcept { return at<Row>(slab, slab_offsets_.row)[row]; }
  Message& message(std::uint32_t slab, std::uint32_t row) const noexcept {
    return at<Message>(slab, slab_offsets_.message)[row];
  }

  std::byte* images(std::uint32_t slab) const noexcept { return data_ + slab * data_offsets_.stride; }
  std::span<std::byte> pixels(std::uint32_t slab, std::uint32_t row) const noexcept {
    return {images(slab) + row * shape_.row_bytes, shape_.row_bytes};
  }
  std::int64_t* labels(std::uint32_t slab) const noexcept {
    return reinterpret_cast<std::int64_t*>(images(slab) + data_offsets_.labels);
  }
  /// Where rows are mixed: the label of what each was mixed with, and the share of its own.
  std::int64_t* partner_labels(std::uint32_t slab) const noexcept {
    return reinterpret_cast<std::int64_t*>(images(slab) + data_offsets_.partner_labels);
  }
  float* lambdas(std::uint32_t slab) const noexcept {
    return reinterpret_cast<float*>(images(slab) + data_offsets_.lambdas);
  }
  /// Requires: array < shape().extra_arrays.
  std::byte* extra_array(std::uint32_t slab, std::uint32_t array) const noexcept {
    return images(slab) + data_offsets_.extra[array];
  }
  std::span<std::byte> extra(std::uint32_t slab, std::uint32_t row, std::uint32_t array) const noexcept {
    const std::uint64_t bytes = shape_.extra_row_bytes[array];
    return {extra_array(slab, array) + row * bytes, bytes};
  }

  /// The bits of word `word` that stand for rows 0 .. rows-1.
  static constexpr std::uint64_t row_bits(std::uint32_t rows, std::uint32_t word) noexcept {
    const std::uint32_t first = word * bits_per_word;
    if (rows <= first) return 0;
    return rows - first >= bits_per_word ? ~std::uint64_t{0} : (std::uint64_t{1} << (rows - first)) - 1;
  }

  /// All rows of the slab are done. Pairs with the fetch_or of publish().
  bool complete(std::uint32_t slab) const noexcept;

 private:
  Control* control() const noexcept { return reinterpret_cast<Control*>(control_); }
  template <class T>
  T* at(std::uint32_t slab, std::size_t offset) const noexcept {
    return reinterpret_cast<T*>(control_ + sizeof(Control) + slab * slab_offsets_.stride + offset);
  }

  Shape shape_;
  std::byte* control_ = nullptr;
  std::byte* data_ = nullptr;
  SlabOffsets slab_offsets_{0};
  DataOffsets data_offsets_{Shape{}};
  std::uint32_t words_ = 0;
};

}  // namespace slabring::ring
