#include <cstdlib>

#include "core/auth/query.hpp"
#include "core/auth/signature.hpp"

// Property: a value that is found lies inside the query, ends where its pair ends and has its name
// before it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    (void)sluice::auth::signature_in(query);
    const auto value = sluice::auth::find_parameter(query, "sign");
    if (!value) return 0;
    if (value->data() < query.data() || value->data() + value->size() > query.data() + size) {
        std::abort();
    }
    if (value->find('&') != std::string_view::npos) std::abort();
    const auto before = query.substr(0, static_cast<std::size_t>(value->data() - query.data()));
    if (!before.ends_with("sign=") && !before.ends_with("sign")) std::abort();
    return 0;
}
