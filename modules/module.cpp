#include "common/ngx.hpp"

// What nginx looks for in a dynamic module (ngx_load_module()). The hub comes first: the others use
// it when a worker starts.
// clang-format off
extern "C" {

extern ngx_module_t ngx_sluice_hub_module;
extern ngx_module_t ngx_rtmp_sluice_access_module;
extern ngx_module_t ngx_http_sluice_access_module;
extern ngx_module_t ngx_sluice_package_module;
extern ngx_module_t ngx_rtmp_sluice_package_module;
extern ngx_module_t ngx_sluice_exec_module;
extern ngx_module_t ngx_rtmp_sluice_exec_module;
extern ngx_module_t ngx_sluice_pull_module;
extern ngx_module_t ngx_rtmp_sluice_ingest_module;
extern ngx_module_t ngx_http_sluice_flv_module;
extern ngx_module_t ngx_http_sluice_package_module;
extern ngx_module_t ngx_http_sluice_status_module;

[[gnu::visibility("default")]] extern ngx_module_t* ngx_modules[];
[[gnu::visibility("default")]] extern char* ngx_module_names[];
[[gnu::visibility("default")]] extern char* ngx_module_order[];

ngx_module_t* ngx_modules[] = {
    &ngx_sluice_hub_module,
    &ngx_rtmp_sluice_access_module,
    &ngx_http_sluice_access_module,
    &ngx_sluice_package_module,
    &ngx_rtmp_sluice_package_module,
    &ngx_sluice_exec_module,
    &ngx_rtmp_sluice_exec_module,
    &ngx_sluice_pull_module,
    &ngx_rtmp_sluice_ingest_module,
    &ngx_http_sluice_flv_module,
    &ngx_http_sluice_package_module,
    &ngx_http_sluice_status_module,
    nullptr
};

char* ngx_module_names[] = {
    const_cast<char*>("ngx_sluice_hub_module"),
    const_cast<char*>("ngx_rtmp_sluice_access_module"),
    const_cast<char*>("ngx_http_sluice_access_module"),
    const_cast<char*>("ngx_sluice_package_module"),
    const_cast<char*>("ngx_rtmp_sluice_package_module"),
    const_cast<char*>("ngx_sluice_exec_module"),
    const_cast<char*>("ngx_rtmp_sluice_exec_module"),
    const_cast<char*>("ngx_sluice_pull_module"),
    const_cast<char*>("ngx_rtmp_sluice_ingest_module"),
    const_cast<char*>("ngx_http_sluice_flv_module"),
    const_cast<char*>("ngx_http_sluice_package_module"),
    const_cast<char*>("ngx_http_sluice_status_module"),
    nullptr
};

char* ngx_module_order[] = { nullptr };

}
// clang-format on
