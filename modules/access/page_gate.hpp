#pragma once

#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Registers the check of locations with `sluice_access_page on`, in nginx's access phase.
ngx_int_t install_page_gate(ngx_conf_t& cf);

}  // namespace sluice::ngx
