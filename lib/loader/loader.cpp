#include "slabring/loader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "cache/caches_in.hpp"
#include "loader/loader_state.hpp"
#include "loader/rank_place.hpp"
#include "loader/resolve_options.hpp"
#include "loader/ring_session.hpp"
#include "loader/ring_shape.hpp"
#include "process/child_process.hpp"
#include "process/worker_program.hpp"
#include "read/file_reader.hpp"

namespace slabring {
namespace {

/// The shape of the first sample, for pipelines that fix no size: every other one has to have it.
SampleShape first_sample_shape(const Dataset& dataset) {
  Sample sample;
  dataset.load(SampleId{0}, sample);
  if (sample.source() == Sample::Source::pixels) {
    return {sample.pixels().height, sample.pixels().width, sample.pixels().channels};
  }
  FileReader reader;
  Decoder decoder;
  const bool in_file = sample.source() == Sample::Source::file;
  const ImageHeader header =
      decoder.open(in_file ? reader.read(sample.path(), DecodeLimits{}.max_file_bytes) : sample.encoded());
  return {header.height, header.width, 3};
}

/// The compiled pipeline and the sample shape that it was compiled for.
struct Compiled {
  Program program;
  std::optional<SampleShape> sample_shape;
  std::optional<ArrayForm> sample_array{};
};

Compiled compile(const Pipeline& pipeline, const Dataset& dataset, const LoaderOptions& options) {
  if (const std::optional<ArrayForm> array = dataset.sample_array()) {
    return {Program(pipeline, *options.dtype, *options.layout, source_shape({}, array)), {}, array};
  }
  const std::optional<SampleShape> known = dataset.sample_shape();
  try {
    return {Program(pipeline, *options.dtype, *options.layout, source_shape(known, {})), known};
  } catch (const Error&) {
    if (known) throw;
    std::optional<SampleShape> probed;
    try {
      probed = first_sample_shape(dataset);
    } catch (const std::exception&) {
      // The first sample says nothing; the pipeline's own complaint does.
    }
    if (!probed) throw;
    return {Program(pipeline, *options.dtype, *options.layout, source_shape(probed, {})), probed};
  }
}

void add(const CacheStats& one, CacheStats& all) noexcept {
  all.limit_bytes += one.limit_bytes;
  all.used_bytes += one.used_bytes;
  all.samples += one.samples;
  all.not_kept += one.not_kept;
  all.hits += one.hits;
  all.misses += one.misses;
}

}  // namespace

class Loader::Impl {
 public:
  Impl(const Dataset& dataset, Pipeline pipeline, const LoaderOptions& options)
      : pipeline_(std::move(pipeline)),
        place_(resolve_ranks(options)),
        options_(resolve_options(options, dataset, pipeline_)),
        compiled_(std::make_unique<Compiled>(compile(pipeline_, dataset, options_))),
        work_{&dataset, &compiled_->program, row_options(), options_.sandbox} {
    if (!options_.state.empty()) resume_ = position_in(options_.state);
    if (*options_.workers > 0 && options_.start_method == StartMethod::fork && !options_.force_fork)
      refuse_unsafe_fork();
    start();
  }
  ~Impl() { session_->close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  RingSession& session() const noexcept { return *session_; }
  const LoaderOptions& options() const noexcept { return options_; }
  const Pipeline& pipeline() const noexcept { return pipeline_; }
  LoaderStats stats(std::uint32_t ahead) const {
    LoaderStats stats = session_->stats(ahead);
    place_.write_to(stats);
    for (const CachedDataset* cache : caches_in(*work_.dataset)) add(cache->stats(), stats.cache);
    return stats;
  }

  /// Begins an epoch; returns the number of this pass.
  std::uint64_t begin(std::uint64_t epoch) {
    const bool resumed = resume_ && resume_->epoch == epoch;
    session_->begin(epoch, resumed ? resume_->position : 0);
    resume_.reset();
    return ++passes_;
  }
  std::uint64_t first_epoch() const noexcept { return first_epoch_; }
  std::string state(std::uint32_t ahead) {
    RingSession::Position at = resume_ ? *resume_ : session_->position(ahead);
    if (session_->ends_at(at.position)) at = {at.epoch + 1, 0};
    return LoaderState{at.epoch, at.position, identity()}.to_json();
  }
  Batch next(std::uint64_t pass) {
    if (pass != passes_) {
      throw Error(ErrorCode::invalid_argument, "this Epoch is over: Loader::epoch() was called again after it");
    }
    return session_->next();
  }

 private:
  const RunIdentity& identity() {
    if (!identity_) identity_ = identity_of(*work_.dataset, pipeline_, options_);
    return *identity_;
  }

  RingSession::Position position_in(std::string_view text) {
    const LoaderState state = LoaderState::from_json(text);
    refuse_other_run(state.run, identity());
    const std::uint64_t positions = EpochPlan(plan_options(*work_.dataset, options_)).positions();
    if (state.position > positions) {
      throw Error(ErrorCode::state,
                  fmt::format("the state cannot be resumed: {} samples of its epoch were delivered, and an "
                              "epoch has {}",
                              state.position, positions));
    }
    first_epoch_ = state.epoch;
    return {state.epoch, state.position};
  }

  static void refuse_unsafe_fork() {
    if (const auto reason = reason_not_to_fork()) {
      throw Error(ErrorCode::process, fmt::format("start_method fork is refused: {}; create the Loader earlier, use "
                                                  "start_method forkserver, or set force_fork",
                                                  *reason));
    }
  }

  void start() {
    RingMemory memory =
        RingMemory::create(ring_shape(*work_.dataset, compiled_->program, options_, supervision().slots()));
    memory.view().format();
    CoordinatorProcess coordinator;
    if (*options_.workers == 0) {
      memory.commit();
    } else {
      coordinator = start_coordinator(memory);
      for (int left = 5; !coordinator.wait_until_ready(); --left) coordinator = start_again(memory, coordinator, left);
      memory.data().keep_from_children();
      memory.control().keep_from_children();
    }
    const bool replaceable = *options_.workers > 0 && options_.start_method != StartMethod::fork;
    if (!replaceable) memory.close_descriptors();
    session_ = std::make_shared<RingSession>(std::move(memory), work_, options_, compiled_->program.row_shape());
    session_->supervise(std::move(coordinator), replaceable ? relaunch() : RingSession::Relaunch());
  }

  /// Used by next() alone, while this object is there.
  RingSession::Relaunch relaunch() {
    return [this](const RingMemory& memory) { return launch_coordinator(memory, /*first=*/false); };
  }

  CoordinatorProcess start_coordinator(RingMemory& memory) {
    if (options_.start_method == StartMethod::fork) return CoordinatorProcess::fork_here(memory, supervision(), work_);
    return launch_coordinator(memory, /*first=*/true);
  }

  /// In place of one that was killed before it was ready.
  CoordinatorProcess start_again(const RingMemory& memory, CoordinatorProcess& killed, int left) const {
    if (left == 0 || !killed.wait_until_workers_are_dead()) {
      throw Error(ErrorCode::process, "the coordinator was killed by SIGKILL again and again before it was ready");
    }
    return launch_coordinator(memory, /*first=*/false);
  }

  RowOptions row_options() const noexcept {
    return {options_.seed, options_.on_error, options_.jpeg_decoder, options_.jpeg_scale};
  }

  Supervision supervision() const {
    return {static_cast<std::uint32_t>(*options_.workers), static_cast<std::uint32_t>(options_.attachable),
            options_.timeout, options_.huge_pages == HugePages::automatic, options_.on_error};
  }

  CoordinatorProcess launch_coordinator(const RingMemory& memory, bool first) const {
    const WorkerSetup setup{getpid(),
                            options_.start_method,
                            supervision(),
                            first,
                            row_options(),
                            options_.sandbox,
                            *options_.dtype,
                            *options_.layout,
                            compiled_->sample_shape,
                            compiled_->sample_array,
                            pipeline_.to_json(),
                            *work_.dataset->recipe()};
    return CoordinatorProcess::launch(find_worker_program(options_.worker_program), setup, memory);
  }

  Pipeline pipeline_;
  RankPlace place_;
  LoaderOptions options_;
  std::unique_ptr<Compiled> compiled_;
  Work work_;
  std::shared_ptr<RingSession> session_;
  std::uint64_t passes_ = 0;
  std::optional<RunIdentity> identity_;          ///< made when it is asked for: it may mean reading a large table
  std::optional<RingSession::Position> resume_;  ///< until the first epoch is begun
  std::uint64_t first_epoch_ = 0;
};

Loader::Loader(const Dataset& dataset, Pipeline pipeline, const LoaderOptions& options)
    : impl_(std::make_unique<Impl>(dataset, std::move(pipeline), options)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

Epoch Loader::epoch(std::uint64_t number) { return Epoch(impl_.get(), impl_->begin(number)); }
Batch Loader::next() { return impl_->session().next(); }
Batch Loader::next(const std::function<void()>& while_waiting) { return impl_->session().next(while_waiting); }

bool Loader::ready() const { return impl_->session().is_ready(); }
std::string Loader::state(std::uint32_t ahead) const { return impl_->state(ahead); }
std::uint64_t Loader::first_epoch() const noexcept { return impl_->first_epoch(); }

std::uint64_t Loader::batches_per_epoch() const noexcept { return impl_->session().batches_per_epoch(); }
std::uint64_t Loader::samples_per_epoch() const noexcept { return impl_->session().rows_per_epoch(); }
RowShape Loader::row_shape() const noexcept { return impl_->session().row_shape(); }
const LoaderOptions& Loader::options() const noexcept { return impl_->options(); }
const Pipeline& Loader::pipeline() const noexcept { return impl_->pipeline(); }
std::vector<SampleFault> Loader::faults() const { return impl_->session().failed_samples(); }
LoaderStats Loader::stats(std::uint32_t ahead) const { return impl_->stats(ahead); }
std::span<std::byte> Loader::region() const noexcept { return impl_->session().region(); }
bool Loader::pin_memory(const CudaOptions& cuda) { return impl_->session().pin(cuda); }

void Epoch::advance() {
  current_.release();
  current_ = loader_->next(pass_);
  at_end_ = current_.empty();
}

}  // namespace slabring
