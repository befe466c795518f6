// Included before every source that clang compiles: std::vector and the algorithms without C++20's constexpr.
// clang 14 instantiates constexpr members early, and so refuses gemmi's vector of a type that is declared later.
#pragma once
// clang-format off

#include <bits/stl_iterator.h>
#include <utility>

#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#include <bits/algorithmfwd.h>
#include <bits/stl_algobase.h>
#include <algorithm>
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")

#include <memory>
#include <string>

#pragma push_macro("_GLIBCXX20_CONSTEXPR")
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#include <vector>
#pragma pop_macro("_GLIBCXX20_CONSTEXPR")
