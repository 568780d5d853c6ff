// SPDX-License-Identifier: Apache-2.0
#include "model/artefact.h"

namespace cachebench::model {

void Plan::clear() {
  sequence = 0;
  first_reference = 0;
  session = 0;
  turn = 0;
  arrival = Nanoseconds{0};
  artefacts.clear();
  chain = 0;
  prompt_tokens = 0;
  independent = false;
}

}  // namespace cachebench::model
