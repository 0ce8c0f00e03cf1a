"""Random requests for every operation of openapi.yaml: valid ones, and ones with something wrong."""

import json
import random
import re
import urllib.parse
from dataclasses import dataclass, field

from .schema_values import Values

METHODS = ("get", "post", "put", "patch", "delete")
ODD_SEGMENTS = ["%00", "%", "%zz", "%2F", "..", "%2e%2e", "a%2Fb", "%E9%A2%91", "%ff", "x" * 65, "x" * 3000, "-", "api",
                "a;b", "0", "-1", "99999999999999999999", "~secrets", "%20"]
ODD_HEADERS = [{"Accept": "text/html"}, {"Accept-Language": "zh-CN"}, {"Accept-Language": "x" * 500},
               {"Content-Encoding": "gzip"}, {"Expect": "200-maybe"}, {"X-Forwarded-For": "' or 1=1"},
               {"X-Request-Id": "x" * 300}, {"User-Agent": b"\xff\xfe"}, {"User-Agent": ("a" * 199 + "日").encode()}, {"Range": "bytes=0-1"}, {"X-HTTP-Method-Override": "DELETE"}]
ODD_TYPES = ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
             "application/json; charset=latin1", "x", "", "application/yaml"]


@dataclass
class Operation:
    """One method of one path of the document."""

    id: str
    method: str
    template: str  # with its base: /api/v1/channels/{id}
    what: dict
    parameters: list


@dataclass
class Made:
    """One request, and what it is a request for."""

    operation: Operation
    target: str
    valid: bool
    headers: dict = field(default_factory=dict)
    body: bytes = None

    def __str__(self):
        body = "" if self.body is None else f" {self.body[:400]!r}"
        return f"{self.operation.method.upper()} {self.target[:300]} {self.headers}{body}"


def operations(document):
    """All operations of the document."""
    found = []
    for path, item in document["paths"].items():
        base = item.get("servers", document["servers"])[0]["url"].rstrip("/")
        for method in METHODS:
            if method in item:
                what = item[method]
                found.append(Operation(what["operationId"], method, base + path, what,
                                       [*item.get("parameters", []), *what.get("parameters", [])]))
    return found


class Requests:
    """Makes requests. `pools` maps path parameters' places ("/api/v1/channels/{id}") to ids that exist."""

    def __init__(self, document, seed, pools):
        self.source = random.Random(seed)
        self.values = Values(document, self.source)
        self.pools = pools

    def valid(self, operation):
        """A request that the document allows."""
        made = Made(operation, self._path(operation), True)
        self._add_parameters(made)
        schema = self._schema(operation)
        if schema is not None:
            self._add_body(made, schema[0], self.values.right(schema[1]))
        return made

    def invalid(self, operation):
        """A request with one thing in it that nobody should send."""
        made = self.valid(operation)
        made.valid = False
        ways = [self._odd_path, self._odd_query, self._odd_header, self._odd_token]
        if made.body is not None:
            ways += [self._odd_value] * 6 + [self._odd_bytes, self._odd_type]
        self.source.choice(ways)(made)
        return made

    def _path(self, operation):
        def fill(match):
            place = operation.template[: match.end()]
            pool = next((self.pools[p] for p in self.pools if place == p), [])
            if pool and self.source.random() < 0.85:
                return urllib.parse.quote(self.source.choice(pool), safe="")
            return self.source.choice(["nobody", "1", "00000000-0000-4000-8000-000000000000"])
        return re.sub(r"\{[^}]*\}", fill, operation.template)

    def _add_parameters(self, made):
        query = {}
        for parameter in map(self.values.resolved, made.operation.parameters):
            if parameter["in"] == "path" or not (parameter.get("required") or self.source.random() < 0.3):
                continue
            value = self._parameter(parameter)
            if parameter["in"] == "query":
                query[parameter["name"]] = value
            elif value and value.isascii() and value.isprintable():
                made.headers[parameter["name"]] = value
        if query:
            made.target += "?" + urllib.parse.urlencode(query)

    def _parameter(self, parameter):
        name = parameter["name"]
        if name == "If-Match":
            return self.source.choice(["*", '"0"', '"1", *, "2"', 'W/"3"', '"x"'])
        value = self.values.right(parameter["schema"])
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _schema(self, operation):
        """(media type, schema) of the body, if the operation takes one that is JSON."""
        if "requestBody" not in operation.what:
            return None
        content = self.values.resolved(operation.what["requestBody"])["content"]
        kinds = [kind for kind in content if kind.endswith("json")] or list(content)
        kind = self.source.choice(kinds)
        return kind, content[kind].get("schema", {})

    def _add_body(self, made, kind, value):
        made.headers["Content-Type"] = kind
        made.value = value
        made.body = json.dumps(value).encode() if not isinstance(value, bytes) else value

    # What may be wrong

    def _odd_path(self, made):
        path, _, query = made.target.partition("?")
        parts = path.split("/")
        parts[self.source.randrange(3, len(parts)) if len(parts) > 3 else -1] = self.source.choice(ODD_SEGMENTS)
        made.target = "/".join(parts) + (f"?{query}" if query else "")

    def _odd_query(self, made):
        odd = self.source.choice(["limit=0", "limit=x", "cursor=%00", "cursor=~", "cursor=" + "x" * 400, "a=b", "=", "&&",
                                  "%=%", "limit=1&limit=2", "q=%ff", "q=" + "%41" * 300, "limit=-1", "limit=1e3",
                                  "cursor=9" * 30])
        made.target += ("&" if "?" in made.target else "?") + odd

    def _odd_header(self, made):
        made.headers |= self.source.choice(ODD_HEADERS + [
            {"If-Match": "x"}, {"If-None-Match": '"' * 9}, {"Idempotency-Key": "k" * 256}, {"Idempotency-Key": ""}])

    def _odd_token(self, made):
        odd = self.source.choice(["", "Bearer", "Bearer x", "Basic YTpi", "Bearer " + "x" * 5000])
        made.headers["Authorization"] = odd

    def _odd_value(self, made):
        kind, schema = self._schema(made.operation)
        self._add_body(made, kind, self.values.wrong(schema, made.value))

    def _odd_bytes(self, made):
        body = bytearray(made.body or b"{}")
        at = self.source.randrange(len(body))
        made.body = bytes(self.source.choice([
            b"", body[:at], body[:at] + b"\xff" + body[at:], body[:at] + b"\0" + body[at:], body + b"{}", b"[" * 5000,
            b'{"a":' * 5000, b"\xef\xbb\xbf" + body, b"NaN", b"-", b'"\\ud800"', b'{"id":"a","id":"b"}', body * 2]))

    def _odd_type(self, made):
        made.headers["Content-Type"] = self.source.choice(ODD_TYPES)
