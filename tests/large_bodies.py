"""Bodies of a response that take as much memory or time as they can, by name, for any size."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from gate.clouds.body import MAX_BODY_BYTES
from gate.clouds.response import MAX_MEMORY, memory_to_parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDE = "\U0001f600"
"""One such character makes a string take four bytes per character."""
_CONTROL = "\x80"
"""Two bytes in UTF-8, and four characters in the text that Python shows of it."""


def _array(entry: bytes, size: int) -> bytes:
    return b'{"a":[' + entry * (size // len(entry)) + b"1]}"


def _object(pair: Callable[[int], str], size: int) -> bytes:
    return ("{" + ",".join(map(pair, range(size // (len(pair(size)) + 1)))) + "}").encode()


def _string(start: str, rest: str, size: int) -> bytes:
    """Strings of a million characters, as long as one may be."""
    string = start + rest * ((1_000_000 - len(start)) // len(rest))
    strings = [string] * max(1, size // len(string.encode()))
    return ('{"a":["' + '","'.join(strings) + '"]}').encode()


def _rows(row: Callable[[int], str], size: int) -> str:
    return ",".join(map(row, range(size // (len(row(size).encode()) + 1))))


def _tasks(row: Callable[[int], str], size: int) -> bytes:
    """A list of scan tasks of Huawei Cloud."""
    return ('{"data_list":[' + _rows(row, size) + "]}").encode()


def _failed(image: Callable[[int], str], size: int) -> bytes:
    """A complete scan task of Huawei Cloud with failed images."""
    task = {"task_id": "x", "task_name": "n", "task_type": "manual", "task_status": 100, "total_num": 9}
    counts = {"success_num": 0, "failed_num": 9, "risky_num": 0, "begin_time": round(time.time() * 1000) - 60_000}
    start = json.dumps({**task, **counts})[:-1]
    return (f'{{"data_list":[{start},"failed_images":[' + _rows(image, size) + ']}],"total_num":1}').encode()


def _responses(leaves: str, images: str = "") -> bytes:
    """All responses of Alibaba Cloud in one: a complete task, its images, and their results."""
    task = {"TaskId": "t", "CollectTime": round(time.time() * 1000) - 60_000, "TotalCount": 9}
    start = json.dumps({**task, "TaskInfo": {"Status": "SUCCESS", "Result": ""}})[:-1]
    return f'{start},"OnceTasks":[{leaves}],"ImageInstanceList":[{images}]}}'.encode()


def _long(number: int) -> str:
    return f"{number}{WIDE}{_CONTROL * 450_000}"


_DONE = '{"Target":"a","StatusText":"SUCCESS","ResultInfo":"","Finish":1}'
DOCUMENTS: dict[str, Callable[[int], bytes]] = {
    "empty arrays": lambda size: _array(b"[],", size),
    "empty objects": lambda size: _array(b"{},", size),
    "arrays in arrays": lambda size: _array(b"[" * 15 + b"]" * 15 + b",", size),
    "small numbers": lambda size: _array(b"1,", size),
    "fractions": lambda size: _array(b"1.5,", size),
    "long numbers": lambda size: _array(b"9" * 4000 + b",", size),
    "a very long fraction": lambda size: b'{"a":0.' + b"9" * size + b"}",
    "short strings": lambda size: _array(b'"ab",', size),
    "many keys": lambda size: _object(lambda number: f'"{number:x}":1.5', size),
    "objects with different keys": lambda size: _array_of(lambda number: f'{{"{number:x}":[]}}', size),
    "wide strings": lambda size: _string(WIDE, "a", size),
    "wide strings with escapes": lambda size: _string(WIDE, r"\n", size),
    "a wide string with one escape": lambda size: f'{{"a":"\\n{WIDE}{"a" * size}"}}'.encode(),
    "escaped surrogates": lambda size: _string(r"\ud83d\ude00", "a", size),
    "lone surrogates": lambda size: _string("", r"\ud800", size),
    "half a string": lambda size: _string(WIDE, "a", size)[:-3],
}
"""Documents of no cloud."""
HUAWEI: dict[str, Callable[[int], bytes]] = {
    "tasks": lambda size: _tasks(lambda number: f'{{"task_id":"{number:x}"}}', size),
    "tasks with long ids": lambda size: _tasks(lambda number: f'{{"task_id":"{_long(number)}"}}', size),
    "tasks with arrays for ids": lambda size: _tasks(lambda number: f'{{"task_id":["{_long(number)}"]}}', size),
    "tasks with long names": lambda size: _tasks(
        lambda number: f'{{"task_id":"{number}","task_name":"{_long(number)}"}}', size
    ),
    "tasks in arrays of states": lambda size: _tasks(
        lambda number: f'{{"task_id":"{number}","task_status":["{_long(number)}"]}}', size
    ),
    "failed images": lambda size: _failed(lambda number: f'{{"image_name":"{number:x}"}}', size),
    "failed images that are empty": lambda size: _failed(lambda _: "{}", size),
    "failed images with long names": lambda size: _failed(lambda number: f'{{"image_name":"{_long(number)}"}}', size),
}
"""Lists of scan tasks."""
ALIBABA: dict[str, Callable[[int], bytes]] = {
    "images of a task": lambda size: _responses(_rows(lambda number: f'{{"Target":"{number:x}"}}', size)),
    "images of a task with long names": lambda size: _responses(
        _rows(lambda number: f'{{"Target":"{number}","TaskImageInfo":{{"RepoName":"{_long(number)}"}}}}', size)
    ),
    "one image of a task": lambda size: _responses(
        '{"Target":[' + _rows(lambda number: f'"{_long(number)}"', size) + "]}"
    ),
    "results": lambda size: _responses(_DONE, _rows(lambda number: f'{{"Uuid":"{number:x}","Digest":"a"}}', size)),
}
"""Responses of Security Center."""


def _array_of(entry: Callable[[int], str], size: int) -> bytes:
    return ('{"a":[' + _rows(entry, size) + "]}").encode()


def largest(make: Callable[[int], bytes]) -> bytes:
    """One of these bodies that is nearly as large as it may be, to be parsed."""
    size = MAX_BODY_BYTES // 4
    size = int(size / _share_of_the_limits(make(size)))
    while _share_of_the_limits(body := make(size)) > 1:
        size -= size // 20
    return body


def _share_of_the_limits(body: bytes) -> float:
    return max(len(body) / MAX_BODY_BYTES, memory_to_parse(body) / MAX_MEMORY)


def failed_images(number: int) -> Iterable[dict[str, object]]:
    """As the vendor documents them (huawei-hss.md 2), each of some 400 bytes."""
    for at in range(number):
        yield {
            "image_name": f"service-{at:05d}-backend-{'n' * 30}",
            "image_version": f"2026.11.{at}-{'v' * 30}",
            "namespace": f"team-{at % 40}",
            "registry_name": f"registry.example.com-{'r' * 30}",
            "registry_type": "SwrPrivate",
            "failed_reason": f"download_failed {'x' * 60}",
            "id": f"{at:040d}",
        }
