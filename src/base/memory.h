// The memory of the machine and of this process, and sizes as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pleat {

// Bytes that this process may use: the machine's memory, limited by the container's limit, if any.
int64_t usable_memory();

// Bytes that this process holds now.
int64_t resident_memory();

// The most bytes that this process held since its start or the last reset_peak_memory().
int64_t peak_memory();
void reset_peak_memory();

// Makes the C library return freed pieces of 1 MiB and more to the system at once. By default it keeps ever
// larger pieces in reserve, such as the memory of packed and freed parameters.
void return_freed_memory();

// "1.5 GiB", "20 MiB", "3 bytes": with a decimal from GiB on.
std::string size_text(int64_t bytes);

// The bytes of "16G", "500M", "1.5T" (powers of 1024; an optional iB or B after the letter) or of a plain
// number. Throws Error when the text is none of these or not above 0.
int64_t parse_size(std::string_view text);

}  // namespace pleat
