// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "tier/plane.h"

/// What a plane also is whose device decodes lossy forms by itself: an entry that lies below in a form goes
/// up as it lies, and becomes plain there. The link carries the form's bytes alone, and no core of the host's
/// decodes. Thread-safe, like all of a plane. That it cannot is a return value: the caller decodes and
/// writes.
namespace cachebench::tier {

class FormSink {
 public:
  virtual ~FormSink() = default;
  /// Starts copying `stored`, the bytes of the form that `form` names, and decoding them into `block`, which
  /// has the size of the plain elements. `stored` stays valid until the ticket completes. Nothing is started,
  /// and nothing returned, where the device has no way to decode it or no room beside the tier's.
  [[nodiscard]] virtual std::optional<Ticket> write_decoded(const Block& block, const RecordInfo& form,
                                                            std::span<const std::byte> stored) = 0;
  /// The same for a thread that would wait for it, as Plane::write_at_once is for plain bytes. `meanwhile` is
  /// called once where something is returned, else not at all.
  [[nodiscard]] virtual std::optional<Completion> write_decoded_at_once(
      const Block& block, const RecordInfo& form, std::span<const std::byte> stored,
      const std::function<void()>& meanwhile) {
    const std::optional<Ticket> ticket = write_decoded(block, form, stored);
    if (!ticket) return std::nullopt;
    meanwhile();
    return ticket->wait();
  }
};

}  // namespace cachebench::tier
