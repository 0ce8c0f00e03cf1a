#include "operation_shape.hpp"

#include <set>
#include <string>
#include <string_view>

namespace sluice::control::store {

tl::unexpected<Error> too_large()
{
    return fail(Errc::too_large, "a value has at most 1 MiB");
}

Result<void> check_shape(const std::vector<Operation>& operations, std::size_t most)
{
    if (operations.empty() || operations.size() > most) {
        return fail(Errc::invalid,
                    "a transaction has 1 to " + std::to_string(most) + " operations");
    }
    std::set<std::string_view> keys;
    for (const auto& operation : operations) {
        if (operation.key.empty() || operation.key.size() > kMaxKey) {
            return fail(Errc::invalid, "a key has 1 to 480 bytes");
        }
        if (operation.value.size() > kMaxValue) return too_large();
        if (operation.kind == Operation::Kind::append) continue;
        if (!keys.insert(operation.key).second) {
            return fail(Errc::invalid, "a transaction names each key once");
        }
    }
    return {};
}

}  // namespace sluice::control::store
