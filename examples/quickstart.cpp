// The smallest program: two shuffled, augmented epochs over a folder of class folders.
//
//   quickstart DATA

#include <slabring/slabring.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: quickstart DATA\n");
    return 2;
  }
  try {
    const slabring::ImageFolder dataset(argv[1]);
    slabring::Loader loader(dataset, slabring::Pipeline::train(224), {.batch_size = 32, .shuffle = true, .epochs = 2});

    for (std::uint64_t epoch = 0; epoch != 2; ++epoch) {
      std::size_t images = 0;
      double sum = 0;
      for (const slabring::Batch& batch : loader.epoch(epoch)) {
        const slabring::Tensor tensor = batch.images();  // [N, 3, 224, 224] float32, one contiguous block
        for (std::size_t i = 0; i != tensor.size_bytes() / sizeof(float); ++i) sum += tensor.as<float>()[i];
        images += batch.size();
      }  // each batch is given back here
      const double elements = static_cast<double>(images) * 3 * 224 * 224;
      std::printf("epoch %llu: %zu images of %zu classes, mean %.3f\n", static_cast<unsigned long long>(epoch), images,
                  dataset.classes().size(), sum / elements);
    }
  } catch (const slabring::Error& error) {
    std::fprintf(stderr, "quickstart: %s\n", error.what());
    return 1;
  }
  return 0;
}
