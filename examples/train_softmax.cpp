// A whole training loop: a network of one hidden layer learns the classes of a folder of class folders.
//
//   slabring synth photos --count 400
//   train_softmax photos 6
//
// Every fifth sample is held out of training and used for validation; with a folder for each, two datasets would do.
// Prints the accuracy on both after each epoch, and how long the training waited for the loader.

#include <slabring/slabring.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int side = 24;        // pixels of the square images that the network sees
constexpr int hidden = 64;      // width of its hidden layer
constexpr float rate = 0.002F;  // of stochastic gradient descent

/// inputs -> hidden (ReLU) -> one score a class, softmax; trained one sample at a time.
class Network {
 public:
  Network(std::size_t inputs, std::size_t classes)
      : inputs_(inputs),
        in_(inputs * hidden),
        in_bias_(hidden),
        out_(hidden * classes),
        out_bias_(classes),
        activation_(hidden),
        score_(classes),
        activation_gradient_(hidden) {
    std::mt19937 random(1);
    std::normal_distribution<float> in(0, std::sqrt(2.0F / static_cast<float>(inputs)));
    std::normal_distribution<float> out(0, std::sqrt(2.0F / hidden));
    std::generate(in_.begin(), in_.end(), [&] { return in(random); });
    std::generate(out_.begin(), out_.end(), [&] { return out(random); });
  }

  std::size_t predict(std::span<const float> image) {
    forward(image);
    return static_cast<std::size_t>(std::max_element(score_.begin(), score_.end()) - score_.begin());
  }

  /// One step towards `label`; returns what was predicted before it.
  std::size_t learn(std::span<const float> image, std::size_t label) {
    const std::size_t predicted = predict(image);
    softmax();
    score_[label] -= 1;  // the gradient of the cross entropy by the scores is probability minus truth
    std::fill(activation_gradient_.begin(), activation_gradient_.end(), 0.0F);
    for (std::size_t c = 0; c != score_.size(); ++c) {
      for (std::size_t h = 0; h != hidden; ++h) {
        activation_gradient_[h] += score_[c] * out_[c * hidden + h];
        out_[c * hidden + h] -= rate * score_[c] * activation_[h];
      }
      out_bias_[c] -= rate * score_[c];
    }
    for (std::size_t h = 0; h != hidden; ++h) {
      if (activation_[h] <= 0) continue;
      const float step = rate * activation_gradient_[h];
      for (std::size_t i = 0; i != inputs_; ++i) in_[h * inputs_ + i] -= step * image[i];
      in_bias_[h] -= step;
    }
    return predicted;
  }

 private:
  void forward(std::span<const float> image) {
    for (std::size_t h = 0; h != hidden; ++h) {
      float sum = in_bias_[h];
      for (std::size_t i = 0; i != inputs_; ++i) sum += in_[h * inputs_ + i] * image[i];
      activation_[h] = std::max(sum, 0.0F);
    }
    for (std::size_t c = 0; c != score_.size(); ++c) {
      score_[c] = out_bias_[c];
      for (std::size_t h = 0; h != hidden; ++h) score_[c] += out_[c * hidden + h] * activation_[h];
    }
  }

  void softmax() {
    const float highest = *std::max_element(score_.begin(), score_.end());
    float sum = 0;
    for (float& score : score_) sum += score = std::exp(score - highest);
    for (float& score : score_) score /= sum;
  }

  std::size_t inputs_;
  std::vector<float> in_, in_bias_, out_, out_bias_;  // weights, one row for each unit they lead to
  std::vector<float> activation_, score_, activation_gradient_;
};

struct Accuracy {
  std::size_t right = 0;
  std::size_t all = 0;
  void count(bool correct) {
    right += correct ? 1 : 0;
    ++all;
  }
  double percent() const { return all == 0 ? 0 : 100.0 * static_cast<double>(right) / static_cast<double>(all); }
};

bool held_out(slabring::SampleId id) { return slabring::to_index(id) % 5 == 0; }

/// Row `row` of a batch of float32 images, without copying it.
std::span<const float> image_of(const slabring::Batch& batch, std::size_t row) {
  const slabring::Tensor images = batch.images();
  const std::size_t floats = images.size_bytes() / sizeof(float) / batch.size();
  return {images.as<const float>() + row * floats, floats};
}

Accuracy train(Network& network, slabring::Epoch epoch) {
  Accuracy accuracy;
  for (const slabring::Batch& batch : epoch) {
    for (std::size_t row = 0; row != batch.size(); ++row) {
      if (held_out(batch.ids()[row])) continue;
      const auto label = static_cast<std::size_t>(batch.labels()[row]);
      accuracy.count(network.learn(image_of(batch, row), label) == label);
    }
  }
  return accuracy;
}

Accuracy validate(Network& network, slabring::Epoch epoch) {
  Accuracy accuracy;
  for (const slabring::Batch& batch : epoch) {
    for (std::size_t row = 0; row != batch.size(); ++row) {
      if (!held_out(batch.ids()[row])) continue;
      accuracy.count(network.predict(image_of(batch, row)) == static_cast<std::size_t>(batch.labels()[row]));
    }
  }
  return accuracy;
}

void run(const char* data, std::uint64_t epochs) {
  const slabring::ImageFolder dataset(data);
  if (dataset.classes().size() < 2)
    throw std::runtime_error(std::string(data) + " has no two class folders to tell apart");
  // Augmented and shuffled for training; as they are, in order, for validation. Both normalized, so both float32.
  slabring::Loader training(dataset, slabring::Pipeline::train(side),
                            {.batch_size = 32, .shuffle = true, .seed = 7, .epochs = epochs});
  slabring::Loader validation(dataset, slabring::Pipeline::val(side), {.batch_size = 32, .epochs = epochs});
  Network network(std::size_t{3} * side * side, dataset.classes().size());

  std::printf("%zu classes: %.1f %% by guessing\n", dataset.classes().size(),
              100.0 / static_cast<double>(dataset.classes().size()));
  for (std::uint64_t epoch = 0; epoch != epochs; ++epoch) {
    const Accuracy trained = train(network, training.epoch(epoch));
    const Accuracy validated = validate(network, validation.epoch(epoch));
    std::printf("epoch %llu: train %.1f %% validation %.1f %%\n", static_cast<unsigned long long>(epoch),
                trained.percent(), validated.percent());
  }
  std::printf("waited %.2f s for training batches\n", training.stats().wait_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const long epochs = argc == 3 ? std::strtol(argv[2], nullptr, 10) : 6;
  if (argc < 2 || argc > 3 || epochs < 1) {
    std::fprintf(stderr, "usage: train_softmax DATA [EPOCHS]\n");
    return 2;
  }
  try {
    run(argv[1], static_cast<std::uint64_t>(epochs));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_softmax: %s\n", error.what());
    return 1;
  }
  return 0;
}
