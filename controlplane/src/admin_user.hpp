#pragma once

#include <filesystem>
#include <string>

#include "result.hpp"
#include "service/passwords.hpp"
#include "service/users.hpp"
#include "store/store.hpp"

namespace sluice::control {

/// Sees to it that somebody can sign in. Without any user, one called `admin` is made, with the
/// password `given` (SLUICE_ADMIN_PASSWORD) or, when that is empty, with a random one that `file`
/// then holds (0600) until whoever started us has shown and removed it. With users, a `given` that
/// was not given before becomes the password of `admin`, who is made or enabled and gets his role
/// back if need be: so a lost password is recovered. The same one given again changes nothing.
/// Errc::invalid for one that is too short or too long.
Result<void> ensure_admin(Users& users, Passwords& passwords, store::Store& store,
                          const std::filesystem::path& file, const std::string& given);

}  // namespace sluice::control
