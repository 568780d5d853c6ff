// SPDX-License-Identifier: Apache-2.0
#include "trace/output.h"

#include <zstd.h>

#include <new>

#include "core/error.h"

namespace cachebench::trace {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
// Traces are written once and read often.
constexpr int kLevel = 9;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

struct TraceOutput::Compressor {
  std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');
};

TraceOutput::TraceOutput(const std::string& path) : file_(path) {
  if (!path.ends_with(".zst")) return;
  compressor_ = std::make_unique<Compressor>();
  if (!compressor_->context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_checksumFlag, 1);
}

TraceOutput::~TraceOutput() = default;

void TraceOutput::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBuffer) flush(false);
}

void TraceOutput::flush(bool last) {
  if (!compressor_) {
    file_.write(buffer_);
    buffer_.clear();
    return;
  }
  ZSTD_inBuffer input{buffer_.data(), buffer_.size(), 0};
  bool done = false;
  while (!done) {
    ZSTD_outBuffer output{compressor_->out.data(), compressor_->out.size(), 0};
    const std::size_t left = ZSTD_compressStream2(compressor_->context.get(), &output, &input,
                                                  last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) {
      throw Error(ErrorKind::kInternal, std::string("zstd: ") + ZSTD_getErrorName(left));
    }
    file_.write(std::string_view(compressor_->out).substr(0, output.pos));
    done = last ? left == 0 : input.pos == input.size;
  }
  buffer_.clear();
}

void TraceOutput::finish() {
  flush(true);
  file_.commit();
}

}  // namespace cachebench::trace
