#include "passwords.hpp"

#include <argon2.h>
#include <sys/mman.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "random.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr int kAtOnce = 2;
constexpr int kMayWait = 6;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

/// Mapped, not from the heap: the C library would keep the memory for the next one, and the process
/// would stay that much larger.
int map_memory(std::uint8_t** memory, std::size_t bytes)
{
    auto* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *memory = mapped == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(mapped);
    return mapped == MAP_FAILED ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void unmap_memory(std::uint8_t* memory, std::size_t bytes)
{
    munmap(memory, bytes);
}

std::string to_hex(const std::string& bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

/// nullopt when argon2 refuses: no memory, or a cost out of its range.
std::optional<std::string> digest(std::string password, std::string salt, Passwords::Cost cost)
{
    std::string out(kHashBytes, '\0');
    const auto bytes = [](std::string& text) {
        return reinterpret_cast<std::uint8_t*>(text.data());
    };
    argon2_context context{};
    context.out = bytes(out);
    context.outlen = kHashBytes;
    context.pwd = bytes(password);
    context.pwdlen = static_cast<std::uint32_t>(password.size());
    context.salt = bytes(salt);
    context.saltlen = static_cast<std::uint32_t>(salt.size());
    context.t_cost = cost.passes;
    context.m_cost = cost.kib;
    context.lanes = 1;
    context.threads = 1;
    context.version = ARGON2_VERSION_13;
    context.allocate_cbk = map_memory;
    context.free_cbk = unmap_memory;
    context.flags = ARGON2_FLAG_CLEAR_PASSWORD;
    if (argon2_ctx(&context, Argon2_id) != ARGON2_OK) return std::nullopt;
    return to_hex(out);
}

std::string stored_form(Passwords::Cost cost, const std::string& salt, const std::string& hash)
{
    return json{{"algorithm", "argon2id"},
                {"kib", cost.kib},
                {"passes", cost.passes},
                {"salt", salt},
                {"hash", hash}}
        .dump();
}

tl::unexpected<Error> no_memory()
{
    return fail(Errc::unavailable, "there is no memory left to check a password");
}

}  // namespace

/// A place among those that hash. Without one, too many wait already.
class Passwords::Turn {
public:
    explicit Turn(Passwords& of) : of_(of)
    {
        std::unique_lock lock(of_.mutex_);
        if (of_.waiting_ >= kMayWait) return;
        ++of_.waiting_;
        of_.free_.wait(lock, [this] { return of_.running_ < kAtOnce; });
        --of_.waiting_;
        ++of_.running_;
        taken_ = true;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn()
    {
        if (!taken_) return;
        {
            const std::lock_guard lock(of_.mutex_);
            --of_.running_;
        }
        of_.free_.notify_one();
    }

    Result<void> taken() const
    {
        if (taken_) return {};
        return fail(Errc::throttled, "too many are signing in at once: try again in a second");
    }

private:
    Passwords& of_;
    bool taken_ = false;
};

Passwords::Passwords(Cost cost)
    : cost_(cost),
      nobodys_(stored_form(cost, random_hex(kSaltBytes), std::string(2 * kHashBytes, '-')))
{}

Result<std::string> Passwords::hash(const std::string& password)
{
    const Turn turn(*this);
    if (auto fine = turn.taken(); !fine) return tl::unexpected(fine.error());
    const auto salt = random_hex(kSaltBytes);
    const auto made = digest(password, salt, cost_);
    if (!made) return no_memory();
    return stored_form(cost_, salt, *made);
}

Result<bool> Passwords::matches(const std::string& password, const std::string& stored)
{
    const auto record = json::parse(stored, nullptr, false);
    if (!record.is_object()) return fail(Errc::internal, "a stored password is damaged");
    const Turn turn(*this);
    if (auto fine = turn.taken(); !fine) return tl::unexpected(fine.error());
    const Cost cost{.kib = record.value("kib", 0U), .passes = record.value("passes", 0U)};
    const auto made = digest(password, record.value("salt", ""), cost);
    if (!made) return no_memory();
    return equal_in_constant_time(*made, record.value("hash", ""));
}

Result<void> Passwords::pretend(const std::string& password)
{
    return matches(password, nobodys_).map([](bool) {});
}

}  // namespace sluice::control
