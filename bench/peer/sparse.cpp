// What other engines take for one product or one convolution, with one thread: oneDNN dense, Eigen with sparse rows, XNNPACK's sparse 1x1 convolutions.
// Reads requests from standard input, a line each, and answers each with the least and the median microseconds of half a second of runs:
//   dnnl-matmul M K N | eigen-matmul M K N ZEROS | dnnl-conv B C O KERNEL STRIDE SIZE | xnn-conv B C O SIZE ZEROS
// g++ -O3 -march=native -std=c++17 -I /usr/include/eigen3 sparse.cpp -ldnnl -lXNNPACK -lpthreadpool   (Debian: libdnnl-dev libxnnpack-dev libpthreadpool-dev libeigen3-dev)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include <Eigen/Sparse>
#include <dnnl.hpp>
#include <xnnpack.h>

using Clock = std::chrono::steady_clock;

static std::vector<float> draw(size_t count, double zeros, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1), chance(0, 1);
  std::vector<float> values(count);
  for (auto& v : values) v = chance(random) < zeros ? 0 : value(random);
  return values;
}

static void measure(const std::function<void()>& run) {
  std::vector<double> times;
  for (int i = 0; i < 3; i++) run();
  auto begin = Clock::now();
  while (times.size() < 5 || Clock::now() - begin < std::chrono::milliseconds(500)) {
    auto start = Clock::now();
    run();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%.2f %.2f\n", times.front(), times[times.size() / 2]);
  std::fflush(stdout);
}

static dnnl::memory filled(const dnnl::memory::desc& plain, const dnnl::memory::desc& wanted, std::vector<float> values, const dnnl::engine& engine, dnnl::stream& stream) {
  dnnl::memory from(plain, engine, values.data()), to(wanted, engine);
  dnnl::reorder(from, to).execute(stream, from, to);
  stream.wait();
  return to;
}

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
static const auto f32 = dnnl::memory::data_type::f32;

static void dense_matmul(long m, long k, long n) {
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  Desc x({m, k}, f32, Tag::ab), w({k, n}, f32, Tag::any), y({m, n}, f32, Tag::ab);
  dnnl::matmul::primitive_desc plan({x, w, y}, engine);
  auto a = filled(x, x, draw(m * k, 0, 1), engine, stream);
  auto b = filled({{k, n}, f32, Tag::ab}, plan.weights_desc(), draw(k * n, 0, 2), engine, stream);
  dnnl::memory c(y, engine);
  dnnl::matmul product(plan);
  std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  measure([&] { product.execute(stream, arguments); stream.wait(); });
}

static void dense_conv(long batch, long in, long out, long kernel, long stride, long size) {
  dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  long pad = kernel / 2, after = (size + 2 * pad - kernel) / stride + 1;
  Desc x({batch, in, size, size}, f32, Tag::any), w({out, in, kernel, kernel}, f32, Tag::any), y({batch, out, after, after}, f32, Tag::any);
  dnnl::convolution_forward::desc layer(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, x, w, y, {stride, stride}, {pad, pad}, {pad, pad});
  dnnl::convolution_forward::primitive_desc plan(layer, engine);
  auto a = filled({{batch, in, size, size}, f32, Tag::nchw}, plan.src_desc(), draw(batch * in * size * size, 0, 1), engine, stream);
  auto b = filled({{out, in, kernel, kernel}, f32, Tag::oihw}, plan.weights_desc(), draw(out * in * kernel * kernel, 0, 2), engine, stream);
  dnnl::memory c(plan.dst_desc(), engine);
  dnnl::convolution_forward convolution(plan);
  std::unordered_map<int, dnnl::memory> arguments{{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  measure([&] { convolution.execute(stream, arguments); stream.wait(); });
}

static void eigen_matmul(long m, long k, long n, double zeros) {
  auto values = draw(k * n, zeros, 2);
  Eigen::SparseMatrix<float, Eigen::RowMajor> w(n, k);
  std::vector<Eigen::Triplet<float>> kept;
  for (long row = 0; row < n; row++)
    for (long column = 0; column < k; column++)
      if (values[row * k + column] != 0) kept.emplace_back(row, column, values[row * k + column]);
  w.setFromTriplets(kept.begin(), kept.end());
  using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Rows x = Rows::Random(k, m), y(n, m);  // tokens side by side: its best order
  measure([&] { y.noalias() = w * x; });
}

static void xnn_conv(long batch, long in, long out, long size, double zeros) {
  if (xnn_initialize(nullptr) != xnn_status_success) { std::printf("none\n"); return; }
  auto w = draw(in * out, zeros, 2), x = draw(batch * in * size * size + 64, 0, 1), bias = draw(out, 0, 3);
  std::vector<float> y(batch * out * size * size + 64);
  xnn_operator_t layer = nullptr;
  auto infinity = std::numeric_limits<float>::infinity();
  auto status = xnn_create_convolution2d_nchw_f32(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, in, out, in, out, w.data(), bias.data(), -infinity, infinity, 0, &layer);
  if (status != xnn_status_success || xnn_setup_convolution2d_nchw_f32(layer, batch, size, size, x.data(), y.data(), nullptr) != xnn_status_success) { std::printf("none\n"); std::fflush(stdout); return; }
  measure([&] { xnn_run_operator(layer, nullptr); });
  xnn_delete_operator(layer);
}

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    std::vector<double> n;
    for (double number; words >> number;) n.push_back(number);
    if (what == "dnnl-matmul") dense_matmul(n[0], n[1], n[2]);
    else if (what == "eigen-matmul") eigen_matmul(n[0], n[1], n[2], n[3]);
    else if (what == "dnnl-conv") dense_conv(n[0], n[1], n[2], n[3], n[4], n[5]);
    else if (what == "xnn-conv") xnn_conv(n[0], n[1], n[2], n[3], n[4]);
    else return 2;
  }
}
