#include "search.hpp"

#include <algorithm>
#include <chrono>

#include "fingerprints.hpp"
#include "steps.hpp"

namespace slabring::model {
namespace {

using Number = std::uint32_t;  ///< of a state, in the order found

class Search {
 public:
  Search(const Configuration& configuration, bool reach_end)
      : config_(configuration), reach_end_(reach_end), known_(/*numbered=*/reach_end) {}

  Result run() {
    const auto begin = std::chrono::steady_clock::now();
    breadth_first();
    if (reach_end_ && result_.verdict == Result::Verdict::holds) check_that_the_end_is_reachable();
    result_.states = known_.size();
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(result_);
  }

 private:
  /// How a state was first reached: enough to walk there again.
  struct Origin {
    Number parent;
    std::uint8_t choice;  ///< among the parent's successors
  };
  struct Step {
    Number from;
    Number to;
  };

  void breadth_first() {
    add(initial_state(config_), 0, 0);
    while (!frontier_.empty()) {
      ++result_.depth;
      std::vector<State> level;
      level.swap(frontier_);
      for (const State& state : level) {
        expand(state);
        if (result_.verdict != Result::Verdict::holds) return;
      }
    }
  }

  void expand(const State& state) {
    const Number number = expanded_++;
    Successors& out = successors_;
    take_ordinary_steps(state, out);
    const std::size_t ordinary = out.states().size();
    if (out.violation() != nullptr) return fail(Result::Verdict::violated, number, out.violation());
    if (is_final(config_, state)) {
      ++result_.final_states;
      finals_.push_back(number);
    } else if (ordinary == 0) {
      return fail(Result::Verdict::deadlock, number, "no process can take a step");
    }
    kill_steps(config_, state, out);
    for (std::size_t choice = 0; choice < out.states().size(); ++choice) {
      const Number to = add(canonical(config_, out.states()[choice]), number, choice);
      if (reach_end_ && choice < ordinary) steps_.push_back({number, to});
    }
    result_.steps += out.states().size();
  }

  void take_ordinary_steps(const State& state, Successors& out) const {
    out.clear();
    for (int worker = 0; worker < config_.workers; ++worker) worker_step(config_, state, worker, out);
    trainer_step(config_, state, out);
    coordinator_step(config_, state, out);
  }

  Number add(const State& state, Number parent, std::size_t choice) {
    const auto [is_new, number] = known_.add(fingerprint(state));
    if (is_new) {
      frontier_.push_back(state);
      origins_.push_back({parent, static_cast<std::uint8_t>(choice)});
    }
    return number;
  }

  void fail(Result::Verdict verdict, Number number, const char* rule) {
    result_.verdict = verdict;
    result_.rule = rule;
    result_.trace = trace_to(number);
  }

  /// Walks from the beginning again by the choices that were recorded.
  std::vector<std::string> trace_to(Number number) const {
    std::vector<std::uint8_t> choices;
    for (; number != 0; number = origins_[number].parent) choices.push_back(origins_[number].choice);
    std::reverse(choices.begin(), choices.end());
    State state = initial_state(config_);
    std::vector<std::string> lines = {describe(config_, state)};
    Successors out;
    for (const std::uint8_t choice : choices) {
      take_ordinary_steps(state, out);
      kill_steps(config_, state, out);
      state = canonical(config_, out.states()[choice]);
      lines.push_back(describe(config_, state));
    }
    return lines;
  }

  /// Backwards from the final states.
  void check_that_the_end_is_reachable() {
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.to < b.to; });
    std::vector<bool> reaches(known_.size());
    std::vector<Number> to_visit = finals_;
    for (const Number number : finals_) reaches[number] = true;
    while (!to_visit.empty()) {
      const Number to = to_visit.back();
      to_visit.pop_back();
      auto step = std::lower_bound(steps_.begin(), steps_.end(), to, [](const Step& s, Number n) { return s.to < n; });
      for (; step != steps_.end() && step->to == to; ++step) {
        if (reaches[step->from]) continue;
        reaches[step->from] = true;
        to_visit.push_back(step->from);
      }
    }
    const auto stuck = std::find(reaches.begin(), reaches.end(), false);
    if (stuck != reaches.end()) {
      fail(Result::Verdict::end_unreachable, static_cast<Number>(stuck - reaches.begin()),
           "the end of the run cannot be reached any more");
    }
  }

  const Configuration config_;
  const bool reach_end_;
  Result result_;
  Fingerprints known_;
  std::vector<Origin> origins_;
  std::vector<State> frontier_;
  Number expanded_ = 0;
  std::vector<Number> finals_;
  std::vector<Step> steps_;  ///< only for reach_end, without kills
  Successors successors_;
};

}  // namespace

Result search(const Configuration& configuration, bool reach_end) { return Search(configuration, reach_end).run(); }

}  // namespace slabring::model
