#include "judged_connect.hpp"

#include <sys/socket.h>

namespace sluice::control {
namespace {

curl_socket_t open_socket(void* data, curlsocktype /*purpose*/, curl_sockaddr* address)
{
    auto& gate = *static_cast<Gate*>(data);
    if (!may_reach(reach_of(address->addr), gate.allow_private)) {
        gate.refused = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

void judge_connections(CURL* curl, Gate& gate)
{
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &gate);
}

}  // namespace sluice::control
