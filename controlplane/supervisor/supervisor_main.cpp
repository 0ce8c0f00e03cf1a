#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "run_lock.hpp"
#include "supervisor.hpp"

namespace fs = std::filesystem;
using sluice::supervisor::Options;

namespace {

/// sluice-demo is installed beside us.
fs::path beside_us(const char* name)
{
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path() / name;
}

int run(Options options)
{
    std::error_code error;
    options.dir = fs::absolute(options.dir).lexically_normal();
    fs::create_directories(options.dir / "run", error);
    fs::permissions(options.dir / "run", fs::perms(0750), error);
    auto lock = sluice::supervisor::RunLock::take(options.dir / "run/supervisor.pid");
    if (!lock) {
        std::cerr << "sluice-supervisor: " << lock.error() << '\n';
        return 1;
    }
    sluice::supervisor::block_signals();
    return sluice::supervisor::Supervisor(std::move(options)).run();
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app(
        "Keeps sluice-control and nginx running in one folder. What follows -- goes to "
        "sluice-control.");
    Options options;
    bool demo = false;
    app.add_option("--dir", options.dir, "where everything is kept")->required();
    app.add_option("--control", options.control, "path of sluice-control")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--nginx", options.nginx, "path of nginx")->required()->check(CLI::ExistingFile);
    app.add_flag("--demo", demo, "keep a test picture on the channel \"demo\"");
    // Everything behind -- is for sluice-control, whatever it looks like.
    int own = 1;
    while (own < argc && std::string_view(argv[own]) != "--") ++own;
    CLI11_PARSE(app, own, argv);
    if (own < argc) options.control_arguments.assign(argv + own + 1, argv + argc);
    if (demo) options.demo = beside_us("sluice-demo");
    return run(std::move(options));
}
