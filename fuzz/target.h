// A fuzz target: one function that takes any bytes. It returns when the bytes were handled well (read or
// refused with an Error) and aborts when a property of the result is broken. Linked with driver.cc, or with
// libFuzzer.
#pragma once

#include <cstddef>
#include <cstdint>

// How many inputs were read rather than refused: a target that refuses everything checks nothing.
inline long accepted_inputs = 0;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
