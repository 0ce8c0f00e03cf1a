"""Requests made up from openapi.yaml: none of them gets a 5xx, an undocumented answer, or what is not its own."""

import collections
import http.client
import json
import os
import random
import urllib.parse

import pytest
from sluicetest import logs
from sluicetest.contract import Contract
from sluicetest.request_generator import Requests, operations
from sluicetest.schema_values import SECRET

SYSTEM = {"sanitized": True}
SEED = int(os.environ.get("SLUICE_TEST_SEED", "1"))

LEFT_OUT = {"getEvents": "its answer may last ten minutes; see test_event_streams.py",
            "restoreBackup": "it changes everything, so nothing can be said about what it may not; see test_backups.py"}
# Each success of one of these reloads nginx or copies the store: they get a small share, or the run would be nothing else.
RELOADS = ("patchSettings", "putSettings", "rollBackGeneration", "createBackup")
RELOADS_SHARE = 0.1
PORTS = ("http_port", "https_port", "rtmp_port", "rtmps_port")
VOLATILE = ("last_used_at", "last_seen_at")
NGINX_OWN = (400, 413, 414, 431, 494)  # refused before it is anybody's request
ROUND = 12


class Run:
    """One series of random requests against one product."""

    def __init__(self, product, seed):
        self.product = product
        self.contract = Contract()
        self.source = random.Random(seed)
        self.operations = [o for o in operations(self.contract.source) if o.id not in LEFT_OUT]
        self.weights = [RELOADS_SHARE if o.id in RELOADS else 1 for o in self.operations]
        self.pools = collections.defaultdict(list)
        self.requests = Requests(self.contract.source, seed, self.pools)
        self.statuses = collections.defaultdict(collections.Counter)
        self.connection = http.client.HTTPConnection("127.0.0.1", product.http, timeout=30)

    def send(self, made):
        """(status, headers, body) of a request that is sent byte for byte as it was made."""
        headers = {"Authorization": f"Bearer {self.product.token}"} | made.headers
        for attempt in (1, 2):
            try:
                self.connection.request(made.operation.method.upper(), made.target, made.body, headers)
                reply = self.connection.getresponse()
                return reply.status, reply.headers, reply.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                assert attempt == 1, "no answer"

    def one(self, made):
        """Sends it and judges the answer; its status."""
        self.keep_ports(made)
        try:
            status, headers, body = self.send(made)
            kind = headers.get("Content-Type")
            assert status < 500, body[:500]
            # An export may be asked for with them, and a backup is the whole store.
            told = "secrets=true" in made.target or made.operation.id == "downloadBackup"
            assert told or SECRET.encode() not in body, "a secret in the answer"
            asked = self.asked_of(made)
            if asked is None:  # nobody's address, or that of a page
                assert 300 <= status, status
            elif status not in NGINX_OWN or (kind or "").startswith("application/problem"):
                self.contract.judge(asked, status, headers, body)
            if status >= 400 and kind == "application/problem+json":
                assert json.loads(body)["status"] == status
        except Exception as e:
            raise AssertionError(f"{made}\n{e}") from e
        if self.asked_of(made) == made.operation.id:
            self.statuses[made.operation.id][status] += 1
        if 200 <= status < 300 and made.valid:
            self.learn(made.operation, body)
        return status

    def asked_of(self, made):
        """The operation that the request reaches: a path with something wrong in it may be another's."""
        path = made.target.partition("?")[0]
        if ".." in urllib.parse.unquote(path).split("/"):
            return None  # nginx takes such a way before it looks where it leads
        return self.contract.operation_id(made.operation.method, path)

    def keep_ports(self, made):
        """Settings are changed, but the product stays where it can be reached."""
        if not made.operation.id.endswith("Settings") or made.body is None:
            return
        try:
            body = json.loads(made.body)
        except (ValueError, RecursionError):
            return  # no settings: not JSON, or thousands of objects in each other
        if not isinstance(body, dict):
            return
        for name, port in zip(PORTS, (self.product.http, self.product.https, self.product.rtmp, self.product.rtmps)):
            if name not in body and made.operation.method == "put" or isinstance(body.get(name), (int, type(None))):
                body[name] = port
        made.body = json.dumps(body | {"workers": 2, "hub": {}}).encode()

    def learn(self, operation, body):
        """The ids in an answer are those that later requests may name."""
        try:
            answer = json.loads(body)
        except ValueError:
            return
        items = answer.get("items", [answer]) if isinstance(answer, dict) else answer
        if not isinstance(items, list):
            return
        parts = {"id": "{id}", "generation": "{n}"}
        if "/transcode-templates" in operation.template:
            parts = {"name": "{name}"}
        for name, part in parts.items():
            found = [str(i[name]) for i in items if isinstance(i, dict) and name in i and not i.get("builtin")]
            known = self.pools[operation.template if operation.template.endswith("}") else f"{operation.template}/{part}"]
            known += [i for i in found if i not in known and i != "witness"]
            del known[:-50]

    def state(self):
        """What all lists of the API answer; they name what they hold by an id."""
        lists = [o for o in operations(self.contract.source) if o.method == "get" and "{" not in o.template
                 and "Cursor" in str(o.parameters) and o.id not in ("listAudit", "getEvents", "listGenerations", "listDeliveries")]
        answers = {o.id: self.product.api.client.get(self.product.url + o.template, params={"limit": 1000}).json()
                   for o in [*lists, next(o for o in self.operations if o.id == "getSettings")]}
        return json.dumps(answers, sort_keys=True, default=str)

    def round(self, valid):
        """Some requests; those that are refused, and those that only ask, change nothing."""
        before, log, changed = self.state(), [], False
        for _ in range(ROUND):
            operation = self.source.choices(self.operations, self.weights)[0]
            made = (self.requests.valid if valid else self.requests.invalid)(operation)
            status = self.one(made)
            log.append(f"{status} {made}")
            changed = changed or (200 <= status < 300 and operation.method != "get")
        assert changed or self.steady(self.state()) == self.steady(before), "\n".join(log)

    @staticmethod
    def steady(state):
        def without(node):
            if isinstance(node, list):
                return [without(n) for n in node]
            return {k: without(v) for k, v in node.items() if k not in VOLATILE} if isinstance(node, dict) else node
        return without(json.loads(state))


def run_series(product, seed, rounds):
    witness = product.api.channel("witness", name="nobody names me").path
    before = product.api.get(witness).json()
    control_plane, master = product.controlplane(), product.master
    run = Run(product, seed)
    try:
        for number in range(rounds):
            run.round(valid=number % 3 == 0)
        assert product.api.get(witness).json() == before
    finally:
        product.api.delete(witness)
    assert (product.controlplane(), product.master) == (control_plane, master)
    for path in product.log_files():
        assert SECRET not in logs.read(path), f"a secret in {path.name}"
    return run


def check_reach(run):
    """The series is no series of refusals: half of the operations were done at least once, and most refused. Sessions
    ask for a user, webhooks for a real address: those stay refusals."""
    done = [o.id for o in run.operations if any(s < 300 for s in run.statuses[o.id])]
    refused = [o.id for o in run.operations if any(s >= 400 for s in run.statuses[o.id])]
    few = {o.id: dict(run.statuses[o.id]) for o in run.operations if o.id not in done}
    print(f"{sum(sum(c.values()) for c in run.statuses.values())} requests, never done: {few}")
    assert len(done) >= 0.5 * len(run.operations), few
    assert len(refused) >= 0.7 * len(run.operations), dict(run.statuses)


def test_random_requests_are_answered_as_documented_and_change_only_what_they_name(own_system):
    print(f"SLUICE_TEST_SEED={SEED}")
    check_reach(run_series(own_system, SEED, 170))


@pytest.mark.long
@pytest.mark.deadline(3600)
@pytest.mark.parametrize("seed", range(100, 110))
def test_many_more_random_requests(own_system, seed):
    run_series(own_system, seed, 400)
