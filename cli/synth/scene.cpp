#include "synth/scene.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "synth/noise.hpp"
#include "synth/star_polygon.hpp"

namespace slabring::cli {
namespace {

/// Grey levels; Cb and Cr around 0.
struct Colour {
  double y = 0;
  double cb = 0;
  double cr = 0;
};

struct Tint {
  double y = 0;
  double hue = 0;
  double chroma = 0;
};

/// Takes a Tint, not three numbers, because draws within braces happen from left to right on every compiler; draws
/// within a call's parentheses do not.
Colour tinted(const Tint& tint) {
  const Point direction = unit_vector(tint.hue);
  return {tint.y, tint.chroma * direction.x, tint.chroma * direction.y};
}

/// The three channels at half the picture's size. Nothing here is finer than two pixels, so painting costs a quarter
/// and edges come out as soft as a lens makes them.
struct Canvas {
  Canvas(int width, int height) : y(width, height), cb(width, height), cr(width, height) {}
  Plane y, cb, cr;
};

struct Star {
  Point centre;
  double radius = 0;
  int points = 3;
  double inner = 0.5;
  double turns = 0;
  Colour colour;
  double stripe_levels = 0;
  double stripe_pixels = 8;
  double stripe_turns = 0;
};

std::int16_t fixed(double levels) { return static_cast<std::int16_t>(levels * Plane::one_level); }

// ---- background ----

/// A straight ramp from one colour at the top to another at the bottom, tilted a little.
void paint_ramp(Plane& plane, double top, double bottom, double tilt) {
  for (int y = 0; y < plane.height(); ++y) {
    const double left = top + (bottom - top) * y / plane.height() - tilt / 2;
    const int first = fixed(left) * 256;
    const int step = fixed(tilt) * 256 / plane.width();
    int value = first;
    for (std::int16_t& pixel : plane.row(y)) {
      pixel = static_cast<std::int16_t>(value >> 8);
      value += step;
    }
  }
}

void paint_background(Canvas& canvas, const ClassLook& look, RandomStream& random) {
  const double middle = look.background_level + random.uniform(-15, 15);
  const double contrast = look.background_contrast + random.uniform(-15, 15);
  const double hue = look.background_hue + random.uniform(-0.04, 0.04);
  const Colour top = tinted({middle + contrast, hue, random.uniform(18, 38)});
  const Colour bottom = tinted({middle - contrast, hue + random.uniform(-0.05, 0.05), random.uniform(14, 32)});
  paint_ramp(canvas.y, top.y, bottom.y, random.uniform(-30, 30));
  paint_ramp(canvas.cb, top.cb, bottom.cb, random.uniform(-4, 4));
  paint_ramp(canvas.cr, top.cr, bottom.cr, random.uniform(-4, 4));
}

// ---- objects ----

/// A triangle wave between -1 and 1.
double wave(double phase) { return 4 * std::abs(phase - std::floor(phase) - 0.5) - 1; }

void blend(std::int16_t& pixel, std::int16_t colour, int coverage) {
  pixel = static_cast<std::int16_t>(pixel + ((colour - pixel) * coverage >> 8));
}

void paint_span(Canvas& canvas, const Star& star, int y, Span span) {
  const Point direction = unit_vector(star.stripe_turns);
  const double step = direction.x / star.stripe_pixels;
  const double offset = y * direction.y / star.stripe_pixels;
  const int first = std::max(0, static_cast<int>(std::floor(span.first)));
  const int last = std::min(canvas.y.width(), static_cast<int>(std::ceil(span.last)));
  const std::int16_t cb = fixed(star.colour.cb);
  const std::int16_t cr = fixed(star.colour.cr);
  for (int x = first; x < last; ++x) {
    const auto at = static_cast<std::size_t>(x);
    const double inside = std::min(span.last, x + 1.0) - std::max(span.first, static_cast<double>(x));
    const int coverage = static_cast<int>(256 * inside);
    blend(canvas.y.row(y)[at], fixed(star.colour.y + star.stripe_levels * wave(offset + x * step)), coverage);
    blend(canvas.cb.row(y)[at], cb, coverage);
    blend(canvas.cr.row(y)[at], cr, coverage);
  }
}

void paint_star(Canvas& canvas, const Star& star) {
  const auto corners = star_polygon(star.centre, star.radius, star.points, star.inner, star.turns);
  const int top = std::max(0, static_cast<int>(star.centre.y - star.radius) - 1);
  const int bottom = std::min(canvas.y.height(), static_cast<int>(star.centre.y + star.radius) + 1);
  for (int y = top; y < bottom; ++y)
    for (const Span& span : spans_of_row(corners, y)) paint_span(canvas, star, y, span);
}

Point somewhere(const Canvas& canvas, RandomStream& random) {
  return {random.uniform(0, canvas.y.width()), random.uniform(0, canvas.y.height())};
}

double shorter_side(const Canvas& canvas) { return std::min(canvas.y.width(), canvas.y.height()); }

/// Of no class: what surrounds an object in a photo.
void paint_clutter(Canvas& canvas, RandomStream& random) {
  for (std::uint64_t left = 3 + random.below(5); left > 0; --left) {
    Star star;
    star.centre = somewhere(canvas, random);
    star.radius = shorter_side(canvas) * random.uniform(0.05, 0.2);
    star.points = static_cast<int>(2 + random.below(6));
    star.inner = random.uniform(0.3, 1);
    star.turns = random.uniform();
    star.colour = tinted({random.uniform(20, 230), random.uniform(), random.uniform(0, 16)});
    paint_star(canvas, star);
  }
}

void paint_objects(Canvas& canvas, const ClassLook& look, RandomStream& random) {
  for (std::uint64_t left = 2 + random.below(3); left > 0; --left) {
    Star star;
    star.centre = somewhere(canvas, random);
    star.radius = shorter_side(canvas) * random.uniform(0.18, 0.42);
    star.points = look.points;
    star.inner = look.inner;
    star.turns = random.uniform();
    star.colour = tinted({120 + look.brightness + random.uniform(-25, 25),
                          look.object_hue + random.uniform(-0.04, 0.04), random.uniform(24, 48)});
    star.stripe_levels = random.uniform(8, 26);
    star.stripe_pixels = look.stripe_pixels * random.uniform(0.8, 1.25);
    star.stripe_turns = look.stripe_turns + random.uniform(-0.03, 0.03);
    paint_star(canvas, star);
  }
}

// ---- texture and noise ----

/// Where a picture is busy and where it is smooth: 256 is the average.
Plane draw_busyness(int width, int height, RandomStream& random) {
  constexpr std::array<double, 4> octaves = {2, 4, 6, 8};
  Plane plane = octave_noise((width + 15) / 16, (height + 15) / 16, octaves, nullptr, random);
  for (int y = 0; y < plane.height(); ++y)
    for (std::int16_t& value : plane.row(y)) value = static_cast<std::int16_t>(std::clamp(256 + value, 20, 700));
  return plane;
}

/// The deviations of a median photo's octaves from 2 pixels up, measured on ImageNet's luma and chroma.
constexpr std::array<double, 7> luma_octaves = {9, 13, 15, 16, 15, 12, 9};
constexpr std::array<double, 6> chroma_octaves = {1.3, 1.6, 2, 2.2, 2, 1.5};
constexpr double finest_luma = 4.5;
constexpr double finest_chroma = 1.6;

template <std::size_t n>
std::array<double, n> scaled(const std::array<double, n>& levels, double factor) {
  std::array<double, n> result = levels;
  for (double& level : result) level *= factor;
  return result;
}

void add_texture(Canvas& canvas, const Plane& busyness, double detail, RandomStream& random) {
  const int width = canvas.y.width();
  const int height = canvas.y.height();
  add(canvas.y, octave_noise(width, height, scaled(luma_octaves, detail), &busyness, random));
  add(canvas.cb, octave_noise(width, height, scaled(chroma_octaves, detail), &busyness, random));
  add(canvas.cr, octave_noise(width, height, scaled(chroma_octaves, detail), &busyness, random));
}

// ---- the picture ----

std::uint8_t to_byte(int value) {
  return static_cast<std::uint8_t>(std::clamp((value + Plane::one_level / 2) / Plane::one_level, 0, 255));
}

YccImage to_image(const Plane& y, const Plane& cb, const Plane& cr) {
  YccImage image{y.width(), y.height(), {}};
  image.pixels.resize(3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  std::uint8_t* out = image.pixels.data();
  constexpr int neutral = 128 * Plane::one_level;
  for (int row = 0; row < image.height; ++row) {
    const auto lumas = y.row(row);
    const auto blues = cb.row(row);
    const auto reds = cr.row(row);
    for (std::size_t x = 0; x < lumas.size(); ++x, out += 3) {
      out[0] = to_byte(lumas[x]);
      out[1] = to_byte(blues[x] + neutral);
      out[2] = to_byte(reds[x] + neutral);
    }
  }
  return image;
}

/// How far `steps` steps lead around a circle of length 1.
double share_of(double steps, double step) { return steps * step - std::floor(steps * step); }

}  // namespace

ClassLook look_of_class(int label) {
  ClassLook look;
  // The first two are the steps that fill a square most evenly (Roberts, "The unreasonable effectiveness of
  // quasirandom sequences", 2018).
  look.background_hue = share_of(label, 0.7548776662);
  look.object_hue = share_of(label, 0.5698402910);
  look.background_level = 85 + 60 * share_of(label, 0.3247179572);
  look.background_contrast = -45 + 90 * share_of(label, 0.4501944858);
  look.brightness = -70 + 140 * share_of(label, 0.6180339887);
  look.points = 3 + label % 5;
  look.inner = 0.35 + 0.65 * share_of(label, 0.4142135624);
  look.stripe_pixels = 5 + 14 * share_of(label, 0.8191725134);
  look.stripe_turns = 0.5 * share_of(label, 0.6710436067);
  return look;
}

YccImage paint_scene(const ClassLook& look, const PhotoForm& form, RandomStream& random) {
  Canvas canvas((form.width + 1) / 2, (form.height + 1) / 2);
  paint_background(canvas, look, random);
  paint_clutter(canvas, random);
  paint_objects(canvas, look, random);
  const Plane busyness = draw_busyness(form.width, form.height, random);
  add_texture(canvas, busyness, form.detail, random);

  Plane y = upsampled(canvas.y, form.width, form.height);
  add_noise(y, finest_luma * form.detail, &busyness, random);
  Plane cb = upsampled(canvas.cb, form.width, form.height);
  add_noise(cb, finest_chroma * form.detail, &busyness, random);
  Plane cr = upsampled(canvas.cr, form.width, form.height);
  add_noise(cr, finest_chroma * form.detail, &busyness, random);
  return to_image(y, cb, cr);
}

}  // namespace slabring::cli
