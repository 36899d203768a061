#include "agent/service/version.h"

namespace murmel::service {

const char* version() {
  return MURMEL_VERSION;
}  // given by the build

}  // namespace murmel::service
