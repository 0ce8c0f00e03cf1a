#pragma once

#include <cstddef>
#include <cstring>

namespace sluice::fuzz {

/// Whether the array holds a text that isn't empty and ends inside it.
template <std::size_t n>
bool terminated(const char (&text)[n])
{
    return text[0] != '\0' && std::memchr(text, '\0', n) != nullptr;
}

}  // namespace sluice::fuzz
