"""Random values for the schemas of openapi.yaml: right ones, and ones that are wrong in one place."""

import string

LONGEST_TEXT = 300
DEEPEST = 8
SECRET = "hush"  # every secret that is made up here starts with it, so that it can be looked for
WORDS = ["", "a", "demo", "频道", "é\u0301", "\U0001f3a5", "0", "-1", "null", "true", "1e3", "a b", "<b>", "'\"\\",
         "%s%n", "../..", "a\tb", "\u202e", "x" * 64, "x" * 65]
TIMES = ["2030-12-09T00:00:00Z", "2022-12-09T08:15:00+08:00", "2099-01-01T23:59:59.999Z"]
WRONG_TIMES = ["2030-13-09T00:00:00Z", "2030-12-09", "yesterday", "9999999999-01-01T00:00:00Z", "2030-12-09T00:00:00"]
ODD_NUMBERS = [0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**30, 0.5, -0.0, 1e308]


class Values:
    """`source` is a random.Random; `document` the parsed openapi.yaml, whose references are followed."""

    def __init__(self, document, source):
        self.document = document
        self.source = source

    def resolved(self, schema):
        while "$ref" in schema:
            node = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    # Right ones

    def right(self, schema, depth=0):
        """A value that the schema allows; rules that it can't say may still refuse it."""
        schema = self.resolved(schema)
        if schema.get("nullable") and self.source.random() < 0.2:
            return None
        if "allOf" in schema:
            return {k: v for part in schema["allOf"] for k, v in self.right(part, depth).items()}
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self.right(self.source.choice(schema[choice]), depth)
        if "enum" in schema:
            return self.source.choice([v for v in schema["enum"] if v is not None])
        if schema.get("default") is not None and self.source.random() < 0.1:
            return schema["default"]
        kind = schema.get("type", "object" if "properties" in schema else "any")
        return getattr(self, "_" + kind)(schema, depth)

    def _any(self, _schema, depth):
        return self.source.choice([None, True, 1, "a", [], {}]) if depth < DEEPEST else None

    def _boolean(self, _schema, _depth):
        return self.source.random() < 0.5

    def _integer(self, schema, _depth):
        low = schema.get("minimum", 0)
        high = schema.get("maximum", low + 1000)
        return self.source.choice([low, high, self.source.randint(low, high), schema.get("default", low) or low])

    def _number(self, schema, _depth):
        low, high = schema.get("minimum", 0), schema.get("maximum", 1)
        return self.source.choice([low, high, round(self.source.uniform(low, high), 3)])

    def _string(self, schema, _depth):
        if schema.get("format") == "date-time":
            return self.source.choice(TIMES)
        low, high = schema.get("minLength", 0), min(schema.get("maxLength", 40), LONGEST_TEXT)
        if schema.get("writeOnly"):
            return (SECRET + "".join(self.source.choices(string.hexdigits, k=40)))[:high].ljust(low, "x")
        if "pattern" in schema or self.source.random() < 0.4:
            return "".join(self.source.choices(string.ascii_letters + string.digits, k=max(low, min(12, high))))
        return self.source.choice(WORDS)[:high].ljust(low, "x")

    def _array(self, schema, depth):
        if depth > DEEPEST:
            return []
        count = self.source.randint(schema.get("minItems", 0), min(schema.get("maxItems", 3), 3))
        return [self.right(schema["items"], depth + 1) for _ in range(count)]

    def _object(self, schema, depth):
        if depth > DEEPEST:
            return {}
        needed = schema.get("required", [])
        return {name: self.right(what, depth + 1) for name, what in schema.get("properties", {}).items()
                if not self.resolved(what).get("readOnly") and (name in needed or self.source.random() < 0.35)}

    # Wrong ones

    def wrong(self, schema, value):
        """`value` with one thing in it that the schema does not allow, or at least does not expect."""
        schema = self.resolved(schema)
        named = isinstance(value, dict) and [n for n in schema.get("properties", {}) if n in value]
        if named and self.source.random() < 0.7:
            name = self.source.choice(named)
            return value | {name: self.wrong(schema["properties"][name], value[name])}
        if isinstance(value, list) and value and self.source.random() < 0.5:
            return [self.wrong(schema["items"], value[0]), *value[1:]]
        if isinstance(value, dict) and self.source.random() < 0.6:
            return self._wrong_member(schema, value)
        return self._replaced(schema)

    def _wrong_member(self, schema, value):
        names = list(schema.get("properties", {})) or ["a"]
        name = self.source.choice([*names, "no_such_field", "", "__proto__", "频道", "a.b", "x" * 5000, "a" + "频" * 40])
        return value | {name: self._replaced(schema.get("properties", {}).get(name, {}))}

    def _replaced(self, schema):
        """Something else in the place of a value of `schema`."""
        schema = self.resolved(schema)
        others = [None, True, "text", "", 7, [], {}, [[]], {"a": {"b": [1]}}, "x" * 100_000, "\0", "a\u0000b", "\ud800",
                  self._nest(self.source.choice([5, 31, 200])), *ODD_NUMBERS, *WRONG_TIMES]
        if "maximum" in schema:
            others += [schema["maximum"] + 1] * 6
        if "minimum" in schema:
            others += [schema["minimum"] - 1] * 6
        if "maxLength" in schema:
            others += ["x" * (schema["maxLength"] + 1), "频" * (schema["maxLength"] + 1)] * 3
        if "enum" in schema:
            others += [str(schema["enum"][0]).upper(), f" {schema['enum'][0]}"] * 3
        if "maxItems" in schema:
            others += [[self.right(schema["items"])] * (schema["maxItems"] + 1)] * 3
        return self.source.choice(others)

    @staticmethod
    def _nest(depth):
        value = 1
        for _ in range(depth):
            value = [value]
        return value
