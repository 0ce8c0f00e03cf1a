#include "admin_user.hpp"

#include <sys/stat.h>

#include <optional>

#include "nginx/file.hpp"
#include "service/random.hpp"
#include "store/schema.hpp"

namespace sluice::control {
namespace {

namespace schema = store::schema;
using nlohmann::json;

constexpr std::size_t kRandomBytes = 10;  ///< 20 characters that people can type
const char* const kName = "admin";

const Caller& starting()
{
    static const Caller caller = Caller::system("start");
    return caller;
}

Result<void> usable(const std::string& given)
{
    Findings findings;
    check(user_rule(), {{"password", given}}, "", findings);
    if (findings.fields.empty()) return {};
    return fail(Errc::invalid, "SLUICE_ADMIN_PASSWORD " + findings.fields.front().message);
}

Result<void> make(Users& users, const std::string& password)
{
    return users
        .create(starting(), {{"username", kName}, {"role", "admin"}, {"password", password}})
        .map([](const json&) {});
}

Result<bool> given_before(Passwords& passwords, const store::Store& store, const std::string& given)
{
    auto entry = store.get(schema::kGivenPassword);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return false;
    return passwords.matches(given, (*entry)->value);
}

Result<void> set(Users& users, const std::string& given)
{
    auto known = users.account_named(kName);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return make(users, given);
    return users
        .patch(starting(), (*known)->id,
               {{"password", given}, {"role", "admin"}, {"enabled", true}})
        .map([](const json&) {});
}

Result<void> remember(Passwords& passwords, store::Store& store, const std::string& given)
{
    auto hash = passwords.hash(given);
    if (!hash) return tl::unexpected(hash.error());
    return store.commit({store::put(std::string(schema::kGivenPassword), *hash)})
        .map([](store::Revision) {});
}

}  // namespace

Result<void> ensure_admin(Users& users, Passwords& passwords, store::Store& store,
                          const std::filesystem::path& file, const std::string& given)
{
    if (!given.empty()) {
        if (auto fine = usable(given); !fine) return fine;
        auto before = given_before(passwords, store, given);
        if (!before) return tl::unexpected(before.error());
        if (*before) return {};
        // Remembered last: a crash in between does it again.
        return set(users, given).and_then([&] { return remember(passwords, store, given); });
    }
    auto count = users.size();
    if (!count) return tl::unexpected(count.error());
    if (*count > 0) return {};
    const auto password = random_hex(kRandomBytes);
    // Before the user: a password that is written nowhere would be nobody's.
    if (auto done = nginx::write_file(file, password + "\n", S_IRUSR | S_IWUSR); !done) return done;
    return make(users, password);
}

}  // namespace sluice::control
