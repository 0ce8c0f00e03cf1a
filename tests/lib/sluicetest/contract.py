"""Answers of the API judged by controlplane/openapi.yaml."""

import contextlib
import json
import re

import jsonschema
import yaml

from .api import Api
from .nginx import ROOT

BASE = "/api/v1"


def _as_json_schema(node):
    """OpenAPI 3.0 says `nullable` where JSON Schema lists a type."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {name: _as_json_schema(value) for name, value in node.items()}
    if out.pop("nullable", False) is True:
        out["type"] = [out["type"], "null"]
        if "enum" in out:
            out["enum"] = [*out["enum"], None]
    return out


class Contract:
    def __init__(self):
        self.source = yaml.safe_load((ROOT / "controlplane/openapi.yaml").read_text())
        self.document = _as_json_schema(self.source)
        self.resolver = jsonschema.RefResolver.from_schema(self.document)
        self.paths = [(self._pattern(path, what), what) for path, what in self.document["paths"].items()]
        self.operations = {what["operationId"]: what for _, item in self.paths for what in item.values()
                           if "operationId" in what}

    @contextlib.contextmanager
    def client(self, system, timeout=10):
        """A client of the product whose every answer is checked."""
        api = Api(system.url, system.token)
        api.client.timeout = timeout
        api.client.event_hooks["response"].append(self.check)
        yield api
        api.close()

    def check(self, response):
        """Fails when the status, a header or the body of httpx's `response` is not one that the document promises."""
        request = response.request
        if request.method == "OPTIONS":
            assert response.status_code == 204 and "allow" in response.headers
            return
        response.read()
        operation_id = self.operation_id(request.method, request.url.path)
        if request.method == "HEAD":
            assert operation_id is None or response.content == b""
            return
        self.judge(operation_id, response.status_code, response.headers, response.content)

    def judge(self, operation_id, status, headers, body):
        """Fails when the operation does not promise an answer of that status, with these headers and that body. None:
        there is no such operation."""
        if operation_id is None:
            assert status in (401, 404, 405), status
            return
        said = self._response(operation_id, status)
        self._judge_headers(said, headers)
        content = said.get("content", {})
        if not content:
            assert body == b"", f"{status} with a body"
            return
        kind = (headers.get("content-type") or "").split(";")[0]
        assert kind in content, f"{status} with {kind} is not in openapi.yaml"
        if kind.endswith("json"):
            self._validate(json.loads(body), content[kind]["schema"])

    def _response(self, operation_id, status):
        """What the document says of that status: the operation itself, or the list of problems that all share."""
        known = self.operations[operation_id]["responses"]
        if str(status) in known:
            return self._resolved(known[str(status)])
        said = self._resolved(known["default"])
        named = re.findall(r"\b[45]\d\d\b", said["description"])
        assert str(status) in named, f"{operation_id} answers {status}, which openapi.yaml does not name"
        return said

    def _judge_headers(self, said, headers):
        for name, what in said.get("headers", {}).items():
            value = headers.get(name)
            assert value is not None or not what.get("required"), f"{name} is not there"
            if value is not None:
                self._validate(value, what["schema"])

    def _validate(self, value, schema):
        jsonschema.Draft7Validator(schema, resolver=self.resolver).validate(value)

    @staticmethod
    def _pattern(path, what):
        """The older API is at the root; the rest below /api/v1, parts of it at the root too."""
        base = "" if what.get("servers") == [{"url": "/"}] else f"({BASE})?"
        return re.compile(base + re.sub(r"\{[^}]*\}", "[^/]+", path) + "/?$")

    def operation_id(self, method, path):
        """Of the operation at this path; None when there is none. Paths may overlap: the one with the method counts."""
        wanted = "get" if method == "HEAD" else method.lower()
        for pattern, what in self.paths:
            if pattern.match(path) and wanted in what:
                return what[wanted]["operationId"]
        return None

    def _resolved(self, node):
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node
