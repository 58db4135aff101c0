"""Bodies that are no JSON, no YAML or no form, or only pretend to be."""

from paintgraph.tests.api.hostile.asking import FORM, JSON, YAML, jobs, part, post

_DEEP = 100_000
_ADD = b'{"nodes": {"a": {"node": "EmptyImage"}}, "outputs": {"x": "${a.image}"}}'
_UPLOAD = "/v1/images"
_RECIPE = "/v1/recipes/erase_object"


def _yaml_bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(lines).encode()


def _parts(count: int) -> bytes:
    return b"".join(part(f"p{n}", b"1") for n in range(count)) + b"--x--\r\n"


CORPUS = [
    jobs("nothing", b"", JSON, 400, code="empty"),
    jobs("a blank", b" \t\r\n ", JSON, 400, code="empty"),
    jobs("an open brace", b"{", JSON, 400, code="bad_json"),
    jobs("NaN", b'{"priority": NaN}', JSON, 400, code="not_finite"),
    jobs("minus infinity", b'{"priority": -Infinity}', JSON, 400, code="not_finite"),
    jobs("a float beyond all", b'{"priority": 1e99999}', JSON, 400, code="not_finite"),
    jobs("lists 100,000 deep", b"[" * _DEEP, JSON, 400, code="too_deep"),
    jobs("closed lists 100,000 deep", b"[" * _DEEP + b"]" * _DEEP, JSON, 400, code="too_deep"),
    jobs("mappings 100,000 deep", b'{"a":' * _DEEP, JSON, 400, code="too_deep"),
    jobs("equal keys", b'{"graph": 1, "graph": 2}', JSON, 400, code="duplicate_key"),
    jobs("equal keys, one escaped", b'{"a": 1, "\\u0061": 2}', JSON, 400, code="duplicate_key"),
    jobs("half a surrogate pair", b'{"graph": "\\ud800"}', JSON, 400, code="lone_surrogate"),
    jobs("half a pair as a key", b'{"\\udfff": 1}', JSON, 400, code="lone_surrogate"),
    jobs("a surrogate in UTF-8", b'{"a": "\xed\xa0\x80"}', JSON, 400, code="not_utf8"),
    jobs("5,000 digits", b'{"priority": ' + b"9" * 5000 + b"}", JSON, 400),
    jobs("5,000 digits, negative", b'{"priority": -' + b"9" * 5000 + b"}", JSON, 400),
    jobs("5,000 digits of a fraction", b'{"priority": 0.' + b"1" * 5000 + b"}", JSON, 422),
    jobs("65 bits", b'{"priority": 36893488147419103232}', JSON, 400, code="integer_range"),
    jobs("a mark and nothing", b"\xef\xbb\xbf", JSON, 400, code="empty"),
    jobs("a mark and a graph", b"\xef\xbb\xbf" + _ADD, JSON, 202),
    jobs("UTF-16", _ADD.decode().encode("utf-16"), JSON, 400, code="not_utf8"),
    jobs("UTF-32", _ADD.decode().encode("utf-32"), JSON, 400, code="not_utf8"),
    jobs("a NUL in a text", b'{"a\x00": 1}', JSON, 400, code="bad_json"),
    jobs("a NUL behind the end", _ADD + b"\0", JSON, 400, code="bad_json"),
    jobs("only NULs", b"\0" * 10_000, JSON, 400, code="bad_json"),
    jobs("two values", b"{} {}", JSON, 400, code="bad_json"),
    jobs("a comment", b"/* */ {}", JSON, 400, code="bad_json"),
    jobs("a comma at the end", b'{"a": 1,}', JSON, 400, code="bad_json"),
    jobs("single quotes", b"{'a': 1}", JSON, 400, code="bad_json"),
    jobs("a million commas", b"[" + b"1," * 1_000_001 + b"1]", JSON, 413, code="too_large"),
    jobs("a text of 30 MB", lambda: b'"' + b"a" * 30_000_000 + b'"', JSON, 422),
    jobs("random bytes", bytes(range(256)) * 40, JSON, 400, code="not_utf8"),
    jobs("a long key", b'{"' + b"k" * 1_000_000 + b'": 1}', JSON, 422),
    jobs("100,000 unknown fields", lambda: _many_fields(100_000), JSON, 422),
    jobs("an alias bomb", _yaml_bomb(), YAML, 400),
    jobs("an alias to itself", b"a: &a [*a]", YAML, 400),
    jobs("a merge of itself", b"a: &a {<<: *a}", YAML, 400),
    jobs("a tag that runs", b"!!python/object/apply:os.system ['true']", YAML, 400),
    jobs("a tag of our own", b"!paintgraph {}", YAML, 400),
    jobs("equal keys in YAML", b"nodes: {}\nnodes: {}", YAML, 400, code="duplicate_key"),
    jobs("a list as a key", b"? [a, b]\n: 1", YAML, 400),
    jobs("YAML 100,000 deep", b"[" * _DEEP, YAML, 400),
    jobs("YAML 100,000 deep in blocks", b"- " * _DEEP, YAML, 400),
    jobs("NaN in YAML", b"priority: .nan", YAML, 400),
    jobs("5,000 digits in YAML", b"priority: " + b"9" * 5000, YAML, 400),
    jobs("digits with colons in YAML", b"priority: 1" + b":59" * 2000, YAML),
    jobs("a date in YAML", b"graph: 2001-12-14t21:59:43.10-05:00", YAML, 422),
    jobs("many documents", b"a: 1\n---\na: 1\n", YAML, 400, code="many_documents"),
    jobs("a tab in YAML", b"a:\n\t- b", YAML, 400),
    jobs("a NUL in YAML", b"a: \0", YAML, 400),
    jobs("a directive in YAML", b"%YAML 9.9\n---\na: 1", YAML),
    jobs("2 MB of YAML", b"# " + b"x" * 2_000_000, YAML, 413, code="too_large"),
    jobs("JSON with a charset", _ADD, f"{JSON}; charset=utf-7", 202),
    jobs("JSON with a strange charset", _ADD, f"{JSON}; charset=../../etc", 202),
    jobs("JSON in capitals", _ADD, "APPLICATION/JSON", 202),
    jobs("JSON of another kind", _ADD, "application/json+x", 415),
    jobs("JSON as text", _ADD, "text/plain", 415),
    jobs("JSON as a form", _ADD, "application/x-www-form-urlencoded", 415),
    jobs("JSON as multipart", _ADD, FORM, 415),
    jobs("no type at all", _ADD, "", 415),
    jobs("a type that is no type", _ADD, "///;;==", 415),
    jobs("a type of 5,000 letters", _ADD, "x" * 5000, 415),
    post("packed", "/v1/jobs", _ADD, JSON, 415, code="packed_body", Content_Encoding="gzip"),
    post("packed in pieces", "/v1/jobs", _ADD, JSON, 415, Content_Encoding="br, deflate"),
    post("a form without boundary", _UPLOAD, b"--x", "multipart/form-data", 400, code="bad_form"),
    post("a form cut off", _UPLOAD, part("image", b"x")[:30], FORM, 400, code="bad_form"),
    post("a form without end", _UPLOAD, part("image", b"x", "a.png"), FORM, 400, 422),
    post("an empty form", _UPLOAD, b"--x--\r\n", FORM, 400, 422),
    post("100,000 parts", _RECIPE, lambda: _parts(100_000), FORM, 400, code="bad_form"),
    post("100,000 parts of an upload", _UPLOAD, lambda: _parts(100_000), FORM, 400),
    post("a part twice", _RECIPE, part("box", b"1") * 2 + b"--x--\r\n", FORM, 422),
    post(
        "a part with a path",
        _UPLOAD,
        part("image", b"x", "../../../etc/passwd") + b"--x--\r\n",
        FORM,
        422,
        code="not_a_picture",
    ),
    post(
        "a part in a form in a part",
        _UPLOAD,
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
        FORM,
        400,
        code="bad_form",
    ),
    post(
        "a part in base64 that is none",
        _UPLOAD,
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
        FORM,
        400,
        422,
    ),
    post(
        "a part of an unknown coding",
        _UPLOAD,
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n'
        b"Content-Encoding: nothing\r\n\r\nx\r\n--x--\r\n",
        FORM,
        400,
        422,
    ),
    post(
        "a part with a huge header",
        _UPLOAD,
        b"--x\r\nA: " + b"a" * 200_000 + b"\r\n\r\nx\r\n--x--\r\n",
        FORM,
        400,
        code="bad_form",
    ),
    post(
        "a boundary of 5,000 letters",
        _UPLOAD,
        b"--" + b"x" * 5000,
        f"multipart/form-data; boundary={'x' * 5000}",
        400,
    ),
    post("a part that is no text", _RECIPE, part("box", b"\xff") + b"--x--\r\n", FORM, 400, 422),
    post("a list for a recipe", _RECIPE, b"[]", JSON, 422, code="wrong_type"),
    post("unknown inputs", _RECIPE, b'{"nope": 1, "__proto__": {}}', JSON, 422),
    post("a graph to validate cut off", "/v1/graphs/validate", b'{"nodes":', JSON, 400),
]


def _many_fields(count: int) -> bytes:
    return b"{" + b",".join(b'"f%d": 1' % n for n in range(count)) + b"}"
