#pragma once

#include "../service/authoriser.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// `POST /authorise` on DIR/run/authorise.sock: nginx asks whether somebody may publish or play.
class AuthoriseRoutes {
public:
    explicit AuthoriseRoutes(Authoriser& authoriser) : authoriser_(authoriser) {}

    void mount(Router& router);

private:
    Answer ask(const Request& request);

    Authoriser& authoriser_;
};

}  // namespace sluice::control::http
