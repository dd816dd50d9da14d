"""References to images: what is one by the grammar, and how an error shows the place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.image import ImageRef
from gate.images.reference import image_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

HEX = "57b605845a6367c34bfb6ea6477f16852f59aa1861a2b51d10ab77ae0a1dc9c3"
DIGEST = f"sha256:{HEX}"
SWR = "swr.cn-north-4.myhuaweicloud.com"

# The oracle: regular expressions of the productions that image-references.md 1.1 lists.
COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
PATH = rf"{COMPONENT}(?:/{COMPONENT})*"
OF_DOMAIN = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
REGISTRY = rf"(?:{OF_DOMAIN}(?:\.{OF_DOMAIN})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
ANY_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
REST = rf"(?P<path>{PATH})(?::(?P<tag>{TAG}))?(?:@(?P<digest>{ANY_DIGEST}))?"


# A busy machine may exceed it.
without_deadline = settings(deadline=None)


def by_the_grammar(text: str) -> ImageRef | None:
    """The reference that the grammar and the rules of image-references.md 1.2 to 1.4 find in a text, or None."""
    head, slash, _ = text.partition("/")
    has_registry = slash and (head == "localhost" or re.search("[.:]", head))
    found = re.fullmatch(rf"(?P<registry>{REGISTRY})/{REST}" if has_registry else f"(?P<registry>){REST}", text)
    if not found or len(found["path"]) > 255 or "/" not in found["path"] or not (found["tag"] or found["digest"]):
        return None
    if found["digest"] and not re.fullmatch("sha256:[0-9a-f]{64}", found["digest"]):
        return None
    namespace, name = found["path"].split("/", 1)
    return ImageRef(
        registry=found["registry"],
        namespace=namespace,
        name=name,
        tag=found["tag"] or "",
        digest=found["digest"] or "",
    )


def parsed(text: str) -> ImageRef | None:
    try:
        return image_reference(text)
    except ValueError:
        return None


def refusal(text: str) -> str:
    with pytest.raises(ValueError, match="image reference") as caught:
        image_reference(text)
    return str(caught.value)


def joined(words: st.SearchStrategy[str], separators: Sequence[str], most: int) -> st.SearchStrategy[str]:
    """One to this many words more than one, with one of the separators before each but the first."""
    more = st.lists(st.tuples(st.sampled_from(separators), words).map("".join), max_size=most)
    return st.tuples(words, more.map("".join)).map("".join)


hosts = joined(st.sampled_from(["a", "B0", "x-y", "a--9", "127", "0"]), ".", 3).map(lambda host: f"{host}.example")
registries = st.sampled_from(
    ["", "localhost/", "localhost:5000/", "A:1/", "[::1]:5000/", "[2001:DB8::1]/"]
) | st.builds("{}{}/".format, hosts, st.sampled_from(["", ":443"]))
# The first one without a dot, which would make it the host of a registry.
namespaces = joined(st.sampled_from(["a", "0z", "team"]), ["_", "__", "-", "---"], 3)
components = joined(st.sampled_from(["a", "9b", "web"]), [".", "_", "__", "-", "---"], 3)
paths = st.builds("{}/{}".format, namespaces, joined(components, "/", 2))
tags = joined(st.sampled_from(["1", "v2", "A", "_"]), ["", ".", "-", "..", "-_"], 5).map(":{}".format)
digests = st.sampled_from([f"@{DIGEST}", f"@sha256:{'0' * 64}"])
references = st.builds("{}{}{}".format, registries, paths, tags | digests | st.tuples(tags, digests).map("".join))
PIECES = [
    *("swr.example.com", "localhost", "Host", "host:5000", "[::1]", "[::1]:50", "[]", "-", "--", ".", "..", "_", "__"),
    *(
        "___",
        "/",
        "/",
        "/",
        "//",
        ":",
        ":",
        ":",
        "@",
        "@",
        "@",
        "sha256:",
        "sha512:",
        "Sha256",
        "+",
        "a",
        "b64",
        "team",
    ),
    *("web", "shop", "WEB", "1.4.2", "5000", "latest", HEX, HEX.upper(), HEX[:32], "0", "f", " ", "\n", "\t", "é", "٣"),
    *("$", "${TAG}", "%TAG%", "'", '"', "!", "~", "\\n", "://", "null", "a" * 127, "a" * 128, "b/" * 127, "\0"),
]
near_references = (
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
    | st.text(alphabet="ab0AZ/:@._-[]+ \n", max_size=30)
    | st.builds(
        lambda text, at, piece: text[:at] + piece + text[at:], references, st.integers(0, 90), st.sampled_from(PIECES)
    )
    | st.builds(
        lambda text, at, length: text[:at] + text[at + length :], references, st.integers(0, 90), st.integers(1, 9)
    )
)


@without_deadline
@given(text=near_references | references)
@example(text=f"team/web@{DIGEST}\n")
@example(text=f"team/{'a' * 250}:1")
@example(text=f"team/{'a' * 251}:1")
@example(text=f"swr.example.com/team/{'a' * 250}:1")
@example(text=f"team/web:{'a' * 128}")
@example(text=f"team/web:{'a' * 129}")
@example(text=f"team/web@{DIGEST}0")
@example(text=f"team/web@{DIGEST[:-1]}")
@example(text=f"team/web@{DIGEST.upper()}")
@example(text=f"team/web@sha256:{HEX.upper()}")
@example(text=f"foo_bar.com/team/web@{DIGEST}")
@example(text=f"Team/web@{DIGEST}")
@example(text=f"localhosts/web@{DIGEST}")
@example(text=f"local/web@{DIGEST}")
@example(text="[::1]/team/web:1")
@example(text="[abc]/team/web:1")
@example(text="[abc].d/team/web:1")
@example(text="[ab.c]/team/web:1")
@example(text="a-.b/team/web:1")
@example(text="-a.b/team/web:1")
@example(text="a.b-/team/web:1")
@example(text="a.b:/team/web:1")
@example(text="a.b:1a/team/web:1")
@example(text="a.b./team/web:1")
@example(text="team/a.-b:1")
@example(text="team/a___b:1")
@example(text="team/a---b__c.d:1")
@example(text="team/web:-1")
@example(text="team/web:.1")
@example(text="team/web:_1")
@example(text="team/web:X1")
@example(text="team/aXb:1")
@example(text="[X::1]/team/web:1")
@example(text="sha256:5000/team/web:1")
@example(text=f"team/web@sha256:{'X' * 64}")
def test_a_text_is_a_reference_exactly_if_it_is_one_by_the_grammar(text: str) -> None:
    assert parsed(text) == by_the_grammar(text)


@without_deadline
@given(text=references)
def test_a_reference_that_the_grammar_makes_is_parsed_and_written_as_it_was(text: str) -> None:
    assert str(image_reference(text)) == text


@without_deadline
@given(text=references, share=st.floats(0, 1))
def test_an_error_shows_the_place_of_a_character_that_belongs_nowhere(text: str, share: float) -> None:
    at = round(share * len(text))

    assert f"at character {at + 1} is '!', and expected is " in refusal(f"{text[:at]}!{text[at:]}")


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("team/web:1.4.2", ImageRef(namespace="team", name="web", tag="1.4.2")),
        (
            f"{SWR}/team/shop/web:1@{DIGEST}",
            ImageRef(registry=SWR, namespace="team", name="shop/web", tag="1", digest=DIGEST),
        ),
        (f"localhost/team/web@{DIGEST}", ImageRef(registry="localhost", namespace="team", name="web", digest=DIGEST)),
        ("Registry:5000/team/web:V", ImageRef(registry="Registry:5000", namespace="team", name="web", tag="V")),
        ("[::1]:5000/team/web:1", ImageRef(registry="[::1]:5000", namespace="team", name="web", tag="1")),
        ("team/my.org/web:latest", ImageRef(namespace="team", name="my.org/web", tag="latest")),
    ],
)
def test_a_reference_has_registry_namespace_name_tag_and_digest(text: str, image: ImageRef) -> None:
    assert image_reference(text) == image


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{SWR}/Team/web:1", "at character 34 is 'T', and expected is a lower-case letter or a digit"),
        ("team/Web:1", "at character 6 is 'W', and expected is a lower-case letter or a digit"),
        ("team/web.:1", "at character 10 is ':', and expected is a lower-case letter or a digit; a variable before it"),
        ("team/", "it ends at character 5, and expected is a lower-case letter or a digit; a variable before it may"),
        ("team//web:1", "at character 6 is '/', and expected is a lower-case letter or a digit; a variable before it"),
        (
            "team/web:",
            "it ends at character 9, and expected is a letter, a digit or _ at the start of a tag; a variable",
        ),
        ("team/web:@sha256:0", "at character 10 is '@', and expected is a letter, a digit or _ at the start of a tag"),
        (
            "team/web:1,team/api:1",
            "at character 11 is ',', and expected is a letter, a digit, or one of _ . - in a tag",
        ),
        ("team/web,team/api", "at character 9 is ',', and expected is a lower-case letter, a digit, one of _ . - betw"),
        (f"team/web:{'a' * 129}", "the tag has 129 characters, and at most 128"),
        (f"a.b/team/{'a' * 251}:1", "namespace and name have 256 characters, and at most 255"),
        ("team/web@", "it ends at character 9, and expected is sha256: and the hexadecimal digits of a digest; a var"),
        (f"team/web@{HEX}", "at character 10 is '5', and expected is sha256: and the hexadecimal digits of a digest"),
        (f"team/web@:{HEX}", "at character 10 is ':', and expected is sha256: before the hexadecimal digits"),
        (f"team/web@2:{HEX}", "at character 10 is '2', and expected is sha256: before the hexadecimal digits"),
        (f"team/web@sha~256:{HEX}", "at character 13 is '~', and expected is sha256: before the hexadecimal digits"),
        (f"team/web@sha512:{HEX}{HEX}", "the digest is by 'sha512', and images are judged by sha256 alone"),
        (f"team/web@sha256+b64:{HEX}", "the digest is by 'sha256+b64', and images are judged by sha256 alone"),
        (
            "team/web@sha256:A",
            "at character 17 is 'A', and expected is a hexadecimal digit of the digest, in lower case",
        ),
        (
            f"team/web@sha256:{HEX[:40]}A",
            "at character 57 is 'A', and expected is a hexadecimal digit of the digest, in",
        ),
        ("team/web@sha256:", "the digest has 0 hexadecimal digits, and sha256 has 64"),
        (f"team/web@{DIGEST[:-1]}", "the digest has 63 hexadecimal digits, and sha256 has 64"),
        (f"team/web@{DIGEST}0", "the digest has 65 hexadecimal digits, and sha256 has 64"),
        (f"team/web@{DIGEST}:1", "at character 81 is ':', and expected is the end, since nothing comes after a digest"),
        (
            "team/web",
            "it has neither a tag nor a digest, and `latest` is not assumed; add one, best the digest of what",
        ),
        (
            "web:1",
            "NAMESPACE/NAME is expected, and there is only 'web'; a first part with a dot or a colon is a registry",
        ),
        ("my.org/web:1", "NAMESPACE/NAME is expected, and there is only 'web' after the registry 'my.org'; a first"),
        (DIGEST, "it is a digest without a name; write NAMESPACE/NAME@ before it"),
        ("https://team/web:1", "leave out 'https://'"),
        (f"docker://{SWR}/team/web:1", "leave out 'docker://'"),
        ("oci://docker://team/web:1", "leave out 'oci://'"),
        (f"docker://team/web@{DIGEST}", "leave out 'docker://'"),
        ("team/web:1 team/api:1", "at character 11 is white space; give each image by itself"),
        (" team/web:1", "at character 1 is white space"),
        ("team/web:1\n", "at character 11 is white space"),
        ("'team/web:1'", "it is in quotes, which were kept as a part of it"),
        ('"team/web:1', "at character 1 is '\"', and expected is a lower-case letter or a digit"),
        ("team/web:${TAG}", "it contains a reference to a variable, such as ${NAME}, that nothing has replaced"),
        ("team/web@$DIGEST", "it contains a reference to a variable, such as ${NAME}, that nothing has replaced"),
        ("${{ steps.build.outputs.name }}", "it contains a reference to a variable, such as ${NAME}, that nothing"),
        ("<image>", "it is a reference to a variable, such as ${NAME}, that nothing has replaced"),
        ("null", "a program writes this word where it has no value"),
        (
            "foo_bar.com/team/web:1",
            "at character 4 is '_', and expected is a letter, a digit, - or . in the registry, :",
        ),
        (".com/team/web:1", "at character 1 is '.', and expected is a letter or a digit of the registry"),
        ("-a.com/team/web:1", "at character 1 is '-', and expected is a letter or a digit of the registry"),
        ("a-.com/team/web:1", "at character 3 is '.', and expected is a letter or a digit after the dash"),
        ("a.com:/team/web:1", "at character 7 is '/', and expected is the port of the registry"),
        ("a.com:80a/team/web:1", "at character 9 is 'a', and expected is a letter, a digit, - or . in the registry, :"),
        ("[::1/team/web:1", "at character 5 is '/', and expected is a hexadecimal digit or : in an IPv6 address, or ]"),
        ("[]:1/team/web:1", "at character 2 is ']', and expected is a hexadecimal digit or : in an IPv6 address, or ]"),
    ],
)
def test_any_other_text_is_shown_with_the_place_and_what_is_expected_there(text: str, why: str) -> None:
    assert refusal(text).startswith(f"{text!r} is not an image reference such as team/web:1.4.2: {why}")


@pytest.mark.parametrize("algorithm", ["sha512", "sha256+b64u", "sha256.b64u", "sha256_b64u", "sha256-b64u", "SHA256"])
def test_a_digest_by_another_algorithm_of_the_grammar_is_refused_by_its_name(algorithm: str) -> None:
    assert f": the digest is by {algorithm!r}, and images are" in refusal(f"team/web@{algorithm}:{HEX}")


@pytest.mark.parametrize("found", ["", "/", ":", "@"])
def test_a_part_that_is_missing_hints_at_a_variable(found: str) -> None:
    assert refusal(f"team/{found}").endswith(
        ", and expected is a lower-case letter or a digit; a variable before it may not be set"
    )


@pytest.mark.parametrize("found", ["!", "A", "[", "é"])
def test_a_part_that_is_wrong_does_not(found: str) -> None:
    assert refusal(f"team/{found}").endswith(f" is {found!r}, and expected is a lower-case letter or a digit")


def test_an_empty_reference_hints_at_a_variable() -> None:
    assert refusal("") == "an image reference is empty; a variable in it may not be set"


@pytest.mark.parametrize(
    "text",
    [
        "ci:pa55word@swr.example.com/team/web:1",
        "https://ci:pa55word@swr.example.com/team/web:1",
        "https://ci:pa55word@swr.example.com",
        "ci:pa55/word@swr.example.com/team/web:1",
        "pa55word@swr.example.com/${NAME}",
    ],
)
def test_a_password_before_the_registry_is_refused_and_not_shown(text: str) -> None:
    assert refusal(text) == "an image reference may not contain a user or a password before the registry"


@pytest.mark.parametrize(
    "text",
    ["{}", "{}.com/web:1", "{}://team/web:1", "team/web@{}:00", "team/{}:1", "team/web:{}"],
    ids=lambda text: text,
)
def test_a_long_text_is_not_shown_whole(text: str) -> None:
    message = refusal(text.format("a" * 3000))

    assert text.format("a" * 3000)[:800] in message
    assert "a" * 801 not in message


def test_a_text_is_shown_whole_as_long_as_it_may_be_a_reference() -> None:
    assert f"{'A' * 800!r} is not" in refusal("A" * 800)
    assert f"{'A' * 800!r}… is not" in refusal("A" * 801)
