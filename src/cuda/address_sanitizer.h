// Whether this build has address sanitizer, which g++ and clang report in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define PLEAT_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLEAT_ADDRESS_SANITIZER
#endif
#endif
