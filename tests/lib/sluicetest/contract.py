"""Answers of the API judged by controlplane/openapi.yaml."""

import re

import jsonschema
import yaml

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
        self.document = _as_json_schema(yaml.safe_load((ROOT / "controlplane/openapi.yaml").read_text()))
        self.resolver = jsonschema.RefResolver.from_schema(self.document)
        self.paths = [(self._pattern(path, what), what) for path, what in self.document["paths"].items()]

    def check(self, response):
        """Fails when the status or the body is not one that the document promises."""
        request = response.request
        operation = self._operation(request.method, request.url.path)
        if request.method == "OPTIONS":
            assert response.status_code == 204 and "allow" in response.headers
            return
        if operation is None:
            assert response.status_code in (401, 404, 405), response.status_code
            return
        response.read()
        known = operation["responses"]
        said = self._resolved(known.get(str(response.status_code)) or known["default"])
        content = said.get("content", {})
        if not content or request.method == "HEAD":
            assert response.content == b"", f"{response.status_code} with a body"
            return
        kind = response.headers["content-type"].split(";")[0]
        assert kind in content, f"{kind} is not in openapi.yaml"
        if kind.endswith("json"):
            jsonschema.Draft7Validator(content[kind]["schema"], resolver=self.resolver).validate(response.json())

    @staticmethod
    def _pattern(path, what):
        """The older API is at the root; the rest below /api/v1, parts of it at the root too."""
        base = "" if what.get("servers") == [{"url": "/"}] else f"({BASE})?"
        return re.compile(base + re.sub(r"\{[^}]*\}", "[^/]+", path) + "/?$")

    def _operation(self, method, path):
        for pattern, what in self.paths:
            if pattern.match(path):
                return what.get("get" if method == "HEAD" else method.lower())
        return None

    def _resolved(self, node):
        return self.resolver.resolve(node["$ref"])[1] if "$ref" in node else node
