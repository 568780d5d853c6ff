// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "model/mrope_positions.h"
#include "torch_model/random_checkpoint.h"

/// Layers element by element in double, as plain loops: what the reference model is made of. For small shapes
/// only. Pure functions.
namespace cachebench::torch_model::testing {

/// Rows of numbers.
struct Rows {
  std::size_t count = 0;
  std::size_t width = 0;
  std::vector<double> values;
  Rows(std::size_t rows, std::size_t columns) : count(rows), width(columns), values(rows * columns) {}
  [[nodiscard]] double& at(std::size_t r, std::size_t c) { return values[r * width + c]; }
  [[nodiscard]] double at(std::size_t r, std::size_t c) const { return values[r * width + c]; }
};

inline void add(Rows& x, const Rows& y) {
  for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] += y.values[i];
}

inline double gelu_tanh(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}
inline double gelu_exact(double x) {
  return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
}

/// Turns numbers j and j + half of a head, which begins at `first`, by angle j.
inline void turn(Rows& x, std::size_t row, std::size_t first, const std::vector<double>& angles) {
  const std::size_t half = angles.size();
  for (std::size_t j = 0; j < half; ++j) {
    const double a = x.at(row, first + j);
    const double b = x.at(row, first + half + j);
    x.at(row, first + j) = a * std::cos(angles[j]) - b * std::sin(angles[j]);
    x.at(row, first + half + j) = b * std::cos(angles[j]) + a * std::sin(angles[j]);
  }
}

/// A head's numbers begin at `query` in the rows of queries and at `key` in those of keys and values; a row
/// sees keys [from, to).
struct Head {
  std::size_t query = 0;
  std::size_t key = 0;
  std::size_t width = 0;
  std::size_t from = 0;
  std::size_t to = 0;
};
struct QueriesKeysValues {
  const Rows& queries;
  const Rows& keys;
  const Rows& values;
};
inline void attend(const QueriesKeysValues& x, Rows& out, std::size_t row, const Head& head) {
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t t = head.from; t < head.to; ++t) {
    double score = 0;
    for (std::size_t i = 0; i < head.width; ++i) {
      score += x.queries.at(row, head.query + i) * x.keys.at(t, head.key + i);
    }
    weights.push_back(std::exp(score / std::sqrt(static_cast<double>(head.width))));
    sum += weights.back();
  }
  for (std::size_t i = 0; i < head.width; ++i) {
    double mixed = 0;
    for (std::size_t t = head.from; t < head.to; ++t) {
      mixed += weights[t - head.from] / sum * x.values.at(t, head.key + i);
    }
    out.at(row, head.query + i) = mixed;
  }
}

inline Rows columns(const Rows& x, std::size_t first, std::size_t count) {
  Rows y(x.count, count);
  for (std::size_t r = 0; r < x.count; ++r) {
    for (std::size_t i = 0; i < count; ++i) y.at(r, i) = x.at(r, first + i);
  }
  return y;
}

/// The same numbers in rows of `width`.
inline Rows reshaped(const Rows& x, std::size_t width) {
  Rows y(x.values.size() / width, width);
  y.values = x.values;
  return y;
}

/// Layers by the names of their weights.
class NamedLayers {
 public:
  explicit NamedLayers(const RandomCheckpoint& checkpoint) : checkpoint_(checkpoint) {}

  [[nodiscard]] double weight(const std::string& name, std::size_t i) const {
    return static_cast<double>(checkpoint_.at(name)[i]);
  }
  enum class Bias : std::uint8_t { kNone, kThere };
  [[nodiscard]] Rows linear(const Rows& x, const std::string& name, Bias bias) const {
    const std::vector<float>& w = checkpoint_.at(name + ".weight");
    Rows y(x.count, w.size() / x.width);
    for (std::size_t r = 0; r < x.count; ++r) {
      for (std::size_t o = 0; o < y.width; ++o) {
        double sum = bias == Bias::kThere ? weight(name + ".bias", o) : 0.0;
        for (std::size_t i = 0; i < x.width; ++i) sum += x.at(r, i) * static_cast<double>(w[o * x.width + i]);
        y.at(r, o) = sum;
      }
    }
    return y;
  }
  [[nodiscard]] Rows layer_norm(const Rows& x, const std::string& name) const {
    Rows y = x;
    const auto n = static_cast<double>(x.width);
    for (std::size_t r = 0; r < x.count; ++r) {
      double mean = 0;
      double variance = 0;
      for (std::size_t i = 0; i < x.width; ++i) mean += x.at(r, i) / n;
      for (std::size_t i = 0; i < x.width; ++i) variance += (x.at(r, i) - mean) * (x.at(r, i) - mean) / n;
      for (std::size_t i = 0; i < x.width; ++i) {
        const double normal = (x.at(r, i) - mean) / std::sqrt(variance + 1e-6);
        y.at(r, i) = normal * weight(name + ".weight", i) + weight(name + ".bias", i);
      }
    }
    return y;
  }
  /// Over every `width` numbers of a row.
  [[nodiscard]] Rows rms_norm(const Rows& x, const std::string& name, std::size_t width) const {
    Rows y = x;
    for (std::size_t r = 0; r < x.count; ++r) {
      for (std::size_t b = 0; b < x.width; b += width) {
        double square = 0;
        for (std::size_t i = 0; i < width; ++i) square += x.at(r, b + i) * x.at(r, b + i);
        const double root =
            std::sqrt(square / static_cast<double>(width) + checkpoint_.config().rms_norm_eps);
        for (std::size_t i = 0; i < width; ++i)
          y.at(r, b + i) = x.at(r, b + i) / root * weight(name + ".weight", i);
      }
    }
    return y;
  }

 private:
  const RandomCheckpoint& checkpoint_;
};

/// A patch of an image and where it lies in the table of positions.
struct Patch {
  std::size_t row = 0;
  std::size_t column = 0;
  std::size_t first = 0;  ///< patch of its image
  std::size_t end = 0;
  double y = 0;  ///< in the table of positions
  double x = 0;
};
/// In the order of merged blocks, image after image.
[[nodiscard]] inline std::vector<Patch> patches_of(const std::vector<model::PatchGrid>& grids,
                                                   const model::VisionConfig& vision) {
  const std::size_t merge = vision.merge;
  const double side = std::sqrt(static_cast<double>(vision.positions)) - 1;
  const auto place = [&](std::size_t i, std::size_t n) {
    return n == 1 ? 0.0 : static_cast<double>(i) * side / static_cast<double>(n - 1);
  };
  std::vector<Patch> patches;
  for (const model::PatchGrid& grid : grids) {
    const auto rows = static_cast<std::size_t>(grid.rows);
    const auto columns = static_cast<std::size_t>(grid.columns);
    const std::size_t first = patches.size();
    for (std::size_t block = 0; block < rows * columns / merge / merge; ++block) {
      for (std::size_t in = 0; in < merge * merge; ++in) {
        const std::size_t r = block / (columns / merge) * merge + in / merge;
        const std::size_t c = block % (columns / merge) * merge + in % merge;
        patches.push_back({r, c, first, first + rows * columns, place(r, rows), place(c, columns)});
      }
    }
  }
  return patches;
}
[[nodiscard]] inline Rows position_rows(const std::vector<Patch>& patches, const model::VisionConfig& vision,
                                        const NamedLayers& layer) {
  const std::size_t hidden = vision.hidden;
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(vision.positions)));
  Rows out(patches.size(), hidden);
  for (std::size_t p = 0; p < patches.size(); ++p) {
    const auto y0 = static_cast<std::size_t>(patches[p].y);
    const auto x0 = static_cast<std::size_t>(patches[p].x);
    for (const std::size_t dy : {0U, 1U}) {
      for (const std::size_t dx : {0U, 1U}) {
        const double fy = patches[p].y - static_cast<double>(y0);
        const double fx = patches[p].x - static_cast<double>(x0);
        const double share = (dy == 1 ? fy : 1 - fy) * (dx == 1 ? fx : 1 - fx);
        const std::size_t at = std::min(y0 + dy, side - 1) * side + std::min(x0 + dx, side - 1);
        for (std::size_t i = 0; i < hidden; ++i) {
          out.at(p, i) += share * layer.weight("model.visual.pos_embed.weight", at * hidden + i);
        }
      }
    }
  }
  return out;
}

}  // namespace cachebench::torch_model::testing
