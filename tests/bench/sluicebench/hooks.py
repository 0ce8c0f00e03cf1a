"""A server with processes beside its streams."""

from . import proc, tools
from .ports import wait_until
from .servers import Sluice


class SluiceHooks(Sluice):
    """Our modules with `hooks` for each stream: {name: the rest of sluice_exec}."""

    def __init__(self, hooks, **more):
        super().__init__(**more)
        self.hooks = hooks

    def values(self):
        lines = " ".join(f"sluice_exec {name} {what};" for name, what in self.hooks.items())
        return super().values() | {"exec": f"sluice_exec_program {tools.exec_program()};", "hooks": lines}

    def pids(self):
        """nginx and each sluice-exec: what is ours."""
        return [pid for pid in super().pids() if self._is_ours(pid)]

    def programs(self):
        """What sluice-exec runs."""
        return [pid for pid in super().pids() if not self._is_ours(pid)]

    def wait_running(self, count, timeout=60):
        """Until as many hooks are fed, and give something back where they should."""
        wait_until(lambda: self._running() == count, timeout, f"{count} hooks to run", every_s=0.2)

    def records(self):
        """What the server says of each hook."""
        return self.status("/-/hooks")["hooks"]

    def _running(self):
        return sum(hook["state"] == "running" for hook in self.records())

    @staticmethod
    def _is_ours(pid):
        title = proc.title(pid)
        return title.startswith("nginx:") or title.split(" ")[0] == str(tools.exec_program())
