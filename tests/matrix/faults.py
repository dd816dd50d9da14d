"""The faults: what can go wrong between a cloud and its gate, by name.

Each stays from its moment on. Where it could pass, it also comes once, and then the gate has to get over it.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gate.clouds.transport import MAX_RESPONSE_BYTES
from gate.simulator import (
    Fault,
    HttpResponse,
    Quota,
    RawResponse,
    SimulatedTask,
    connection_reset,
    login_page,
    no_content,
    no_response,
    redirect,
    server_error,
    slow_body,
    slow_headers,
    truncated_json,
    truncated_response,
)
from tests.matrix.moments import DAY, IMAGES, LAST_TASK, LEAVES, OURS, RESULT, TASKS, TIMEOUT
from tests.matrix.stage import Trouble, altered, is_altered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.simulator import SlowResponse
    from tests.matrix.stage import Stage

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JSON_TYPE = {"Content-Type": "application/json"}
HOUR = 3600.0
SHORT, LESS_SHORT = ("--request-timeout", "0.05s"), ("--request-timeout", "0.5s")
"""A stall costs as much real time as a request may take."""
SHORT_BY_PROXY = ("--request-timeout", "0.15s")
"""Before the first answer come a tunnel and a handshake."""
HURRIED = frozenset({SHORT, SHORT_BY_PROXY})


def once(trouble: Trouble) -> Trouble:
    """The same, but it passes; what then goes well has to do so in time, also on a busy machine."""
    arguments = LESS_SHORT if trouble.arguments in HURRIED else trouble.arguments
    return replace(trouble, name=f"{trouble.name}-once", lasts=False, arguments=arguments)


NOTHING = Trouble(name="nothing", begin=str)


# Before a request is heard.


def _door(name: str, shut: Callable[[Any, Any], object], scheme: str = "http", **others: Any) -> Trouble:
    def begin(stage: Stage) -> None:
        shut(stage.door, stage)

    def end(stage: Stage) -> None:
        assert stage.door is not None
        stage.door.open()

    return Trouble(name=name, begin=begin, end=end, scheme=scheme, **others)


def _lose_the_name(stage: Stage) -> None:
    resolve = socket.getaddrinfo

    def unresolved(host: Any, *rest: Any, **others: Any) -> Any:
        if host == "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **others)

    assert stage.door is not None
    # A connection that is open needs no name.
    stage.door.open()
    stage.patch.setattr(socket, "getaddrinfo", unresolved)


REFUSED = _door("connection-refused", lambda door, _: door.refuse())
STALL_AT_CONNECT = _door("stall-at-connect", lambda door, _: door.hold(), arguments=SHORT)
UNTRUSTED = _door("certificate-of-a-stranger", lambda door, stage: door.seal(stage.certificates.stranger), "https")
MISNAMED = _door(
    "certificate-of-another-host",
    lambda door, stage: door.seal(stage.certificates.misnamed),
    "https",
    says=("certificate", "not valid for"),
)
NO_HANDSHAKE = _door(
    "tls-handshake-broken-off", lambda door, _: door.seal(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)), "https"
)
NO_NAME = Trouble(
    name="name-that-does-not-resolve",
    begin=_lose_the_name,
    end=lambda stage: stage.patch.undo(),
    scheme="http",
    host="localhost",
)


# At the proxy, by which alone the cloud can be reached.


def _proxy(name: str, reply: HttpResponse | RawResponse, **others: Any) -> Trouble:
    return _at_proxy(name, lambda proxy: proxy.print_stdout(reply), **others)


def _at_proxy(name: str, do: Callable[[Any], object], **others: Any) -> Trouble:
    def begin(stage: Stage) -> None:
        do(stage.proxy)

    def end(stage: Stage) -> None:
        assert stage.proxy is not None
        stage.proxy.open()

    return Trouble(name=f"proxy-{name}", begin=begin, end=end, scheme="https", by_proxy=True, **others)


PROXY_PASSING = (
    _at_proxy("refuses-connections", lambda proxy: proxy.refuse()),
    _at_proxy("stalls-at-connect", lambda proxy: proxy.hold(), arguments=SHORT_BY_PROXY),
    _proxy("never-makes-the-tunnel", no_response(), arguments=SHORT_BY_PROXY),
    _proxy("closes-without-a-word", RawResponse()),
    _proxy("shows-its-login-page", login_page()),
    _proxy("redirects-to-its-login-page", redirect("https://login.example/")),
    _proxy("cannot-resolve-the-name", server_error(502)),
    _proxy("is-overloaded", server_error(503)),
    _proxy("waits-in-vain-for-the-cloud", server_error(504)),
    _proxy("speaks-no-http", RawResponse(payload=b"SSH-2.0-OpenSSH_9.9\r\n\r\n")),
)
PROXY_FINAL = (
    _proxy(
        "wants-to-know-who-asks",
        HttpResponse(status=407, headers={"Proxy-Authenticate": "Basic"}),
        says=("requires authentication", "HTTPS_PROXY"),
    ),
    replace(
        UNTRUSTED, name="proxy-opens-the-tls-connection", by_proxy=True, says=("certificate", "A proxy opens the TLS")
    ),
)


# In the place of an answer.


def _instead(name: str, reply: HttpResponse | RawResponse | SlowResponse, **others: Any) -> Trouble:
    return altered(name, lambda _stage, _operation, _true: reply, **others)


def _framed(name: str, frame: Callable[[bytes], HttpResponse | RawResponse]) -> Trouble:
    """The true document in another frame: a reader that shrugs would pass."""
    return altered(name, lambda _stage, _operation, true: frame(json.dumps(true).encode()))


def _head(*lines: bytes) -> bytes:
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


STALLS = (
    STALL_AT_CONNECT,
    _instead("stall-before-the-headers", no_response(), arguments=SHORT),
    _instead("stall-in-the-headers", RawResponse(payload=HEAD, then="hold"), arguments=SHORT),
    _instead(
        "stall-in-the-body",
        RawResponse(payload=_head(b"Content-Length: 100") + b'{"data', then="hold"),
        arguments=SHORT,
    ),
    _instead("headers-that-drip", slow_headers(0.02), arguments=SHORT),
    _instead("body-that-drips", slow_body(0.02), arguments=SHORT),
)
PASSING = (
    REFUSED,
    NO_HANDSHAKE,
    NO_NAME,
    _instead("reset-before-an-answer", connection_reset()),
    _instead("reset-in-the-headers", RawResponse(payload=HEAD, then="reset")),
    _instead("reset-in-the-body", RawResponse(payload=_head(b"Content-Length: 9") + b"{}", then="reset")),
    _instead("closed-without-a-word", RawResponse()),
    _instead("cut-before-its-length", truncated_response()),
    _instead("json-cut", truncated_json()),
    _instead("empty-body", HttpResponse()),
    _instead("502-as-html", server_error(502)),
    _instead("503-as-html", server_error(503)),
    _instead("504-as-html", server_error(504)),
    _instead("408", server_error(408)),
    _instead("429-of-a-proxy", server_error(429)),
    _framed(
        "length-too-large", lambda body: RawResponse(payload=_head(b"Content-Length: %d" % (len(body) + 1)) + body)
    ),
    _framed("length-too-small", lambda body: HttpResponse(headers={"Content-Length": str(len(body) - 1)}, body=body)),
    _framed(
        "two-lengths",
        lambda body: RawResponse(
            payload=_head(b"Content-Length: %d" % len(body), b"Content-Length: %d" % (len(body) - 1)) + body
        ),
    ),
    _framed("chunks-without-an-end", lambda body: RawResponse(payload=_chunked(body))),
    _framed("chunk-of-no-length", lambda body: RawResponse(payload=_chunked(b"", b"xyz\r\n%b\r\n0\r\n\r\n" % body))),
    _framed(
        "gzip-cut", lambda body: HttpResponse(headers={"Content-Encoding": "gzip"}, body=gzip.compress(body)[:-12])
    ),
    _framed("utf-16", lambda body: HttpResponse(headers=JSON_TYPE, body=body.decode().encode("utf-16"))),
    _framed("byte-order-mark", lambda body: HttpResponse(headers=JSON_TYPE, body=b"\xef\xbb\xbf" + body)),
    _framed("latin-1-in-utf-8", lambda body: HttpResponse(headers=JSON_TYPE, body=b'{"x": "\xe4", ' + body[1:])),
)


def _chunked(body: bytes, end: bytes = b"") -> bytes:
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return _head(b"Transfer-Encoding: chunked") + chunk + end


def _raw_text(name: str, change: Callable[[str], str]) -> Trouble:
    return _framed(name, lambda body: HttpResponse(headers=JSON_TYPE, body=change(body.decode()).encode()))


def _with(field: str) -> Callable[[str], str]:
    return lambda text: f"{text[:-1]}, {field}}}"


def _led_away(status: int) -> Callable[[Stage, str, Any], HttpResponse]:
    """A redirect to somebody who would answer the same question as the cloud does: whoever follows it would pass."""

    def change(stage: Stage, _operation: str, true: Any) -> HttpResponse:
        assert stage.elsewhere is not None
        answer = HttpResponse(headers=JSON_TYPE, body=json.dumps(true).encode())
        stage.elsewhere.faults[:] = [Fault(response=answer)]
        return replace(redirect(stage.elsewhere.url), status=status)

    return change


LOGIN_PAGE = _instead("proxy-login-page", login_page())
# What no other try would change.
FINAL = (
    UNTRUSTED,
    MISNAMED,
    LOGIN_PAGE,
    _instead("proxy-login-page-in-the-tunnel", login_page(), scheme="https", by_proxy=True),
    altered("redirect-to-another-host", _led_away(302), leads_elsewhere=True),
    altered("redirect-307", _led_away(307), leads_elsewhere=True),
    _instead("redirect-to-half-an-address", redirect("http://[::1")),
    _instead("204", no_content()),
    _instead("304", HttpResponse(status=304)),
    _instead("404-as-html", server_error(404)),
    _instead("407-of-a-proxy", HttpResponse(status=407, headers={"Proxy-Authenticate": "Basic"})),
    _instead("413-as-html", server_error(413)),
    _instead("511-of-a-captive-portal", server_error(511)),
    _framed("gzip-that-is-none", lambda body: HttpResponse(headers={"Content-Encoding": "gzip"}, body=body)),
    _framed(
        "gzip-in-gzip",
        lambda body: HttpResponse(headers={"Content-Encoding": "gzip, gzip"}, body=gzip.compress(gzip.compress(body))),
    ),
    _framed("packing-that-was-not-asked-for", lambda body: HttpResponse(headers={"Content-Encoding": "br"}, body=body)),
    _raw_text("json-of-100000-levels", _with('"x": ' + "[" * 100_000 + "]" * 100_000)),
    _raw_text("objects-in-100000-levels", _with('"x": ' + '{"a":' * 100_000 + "1" + "}" * 100_000)),
    _raw_text("key-twice", lambda text: f"{{{text.split(':', 1)[0][1:]}: null, {text[1:]}"),
    _raw_text("nan", _with('"x": NaN')),
    _raw_text("infinity", _with('"x": -Infinity')),
    _raw_text("1e400", _with('"x": 1e400')),
    _raw_text("number-of-5000-digits", _with(f'"x": {"9" * 5000}')),
    _raw_text("array-around-it", lambda text: f"[{text}]"),
    _instead("400-as-html", server_error(400)),
    _instead("503-for-a-day", HttpResponse(status=503, headers={"Retry-After": "86400"})),
    _instead("429-for-a-day", HttpResponse(status=429, headers={"Retry-After": "86400"})),
)
FORBIDDEN = _instead("403-as-html", server_error(403))
AUTH_STATUSES = (
    _instead("401-as-html", server_error(401)),
    FORBIDDEN,
)
# What looks odd and does no harm.
HARMLESS = (
    _framed("gzip", lambda body: HttpResponse(headers={"Content-Encoding": "gzip"}, body=gzip.compress(body))),
    _framed("chunked", lambda body: RawResponse(payload=_chunked(body, b"0\r\n\r\n"))),
    _framed("until-the-end", lambda body: RawResponse(payload=_head(b"Connection: close") + body)),
    _framed("type-of-a-web-page", lambda body: HttpResponse(headers={"Content-Type": "text/html"}, body=body)),
    _framed(
        "charset-of-another",
        lambda body: HttpResponse(headers={"Content-Type": "application/json;charset=utf-16"}, body=body),
    ),
    _raw_text("field-that-nobody-knows", _with('"x": [1, null, {}]')),
)


def _swollen(body: bytes) -> bytes:
    return body[:-1] + b" " * MAX_RESPONSE_BYTES + b"}"


BOMB = _framed(
    "gzip-bomb", lambda body: HttpResponse(headers={"Content-Encoding": "gzip"}, body=gzip.compress(_swollen(body), 1))
)
BODY_OVER_THE_CAP = _framed("body-over-the-cap", lambda body: HttpResponse(body=_swollen(body)))


# What the clouds document (huawei-hss.md 5, alibaba-security-center.md 5).


def error(status: int, name: str, document: Mapping[str, object]) -> Trouble:
    """An error, with this document."""
    return _instead(
        f"{status}-{name}", HttpResponse(status=status, headers=JSON_TYPE, body=json.dumps(document).encode())
    )


def huawei_error(status: int, code: str) -> Trouble:
    """An error of HSS, of the gateway before it, or of IAM."""
    return error(status, code, {"error_code": code, "error_msg": "as documented", "request_id": "1"})


def alibaba_error(status: int, code: str) -> Trouble:
    """An error of Security Center, or of the gateway before it."""
    return error(status, code, {"RequestId": "1", "HostId": "tds", "Code": code, "Message": "as documented"})


def iam_error(status: int, code: str) -> Trouble:
    """An error of IAM, which is asked first where no project is given."""
    return _of_iam(huawei_error(status, code))


def _of_iam(trouble: Trouble) -> Trouble:
    return replace(trouble, name=f"{trouble.name}-of-iam", without=("project_id",))


IAM_V3 = _of_iam(error(401, "as-of-v3", {"error": {"code": 401, "message": "wrong", "title": "Unauthorized"}}))


def _error_beside_data(name: str, **error: object) -> Trouble:
    return altered(name, lambda _stage, _operation, true: {**true, **error})


HUAWEI_ERROR_IN_200 = _error_beside_data("error-beside-data", error_code="HSS.0001", error_msg="no")
HUAWEI_FORBIDDEN_IN_200 = _error_beside_data("forbidden-beside-data", error_code="HSS.0013", error_msg="no")
HUAWEI_ERROR_WITHIN = _error_beside_data("error-deep-inside", detail={"inner": {"errorCode": "HSS.0001"}})
ALIBABA_ERROR_IN_200 = _error_beside_data("error-beside-data", Code="ServerError", Message="no")
ALIBABA_FORBIDDEN_IN_200 = _error_beside_data("forbidden-beside-data", Code="NoPermission", Message="no")
ALIBABA_ERROR_WITHIN = _error_beside_data("error-deep-inside", Data={"Code": "400", "Message": "no"})
ALIBABA_NO_SUCCESS = _error_beside_data("success-false", Success=False)
ALIBABA_FINE = _error_beside_data("code-that-means-well", Code="200", Success=True)


def _throttle(stage: Stage) -> None:
    stage.gate.simulator.quota = Quota(calls=0, seconds=12, retry_after=True)


def _unthrottle(stage: Stage) -> None:
    stage.gate.simulator.quota = None


NO_QUOTA_LEFT = Trouble(name="throttled", begin=_throttle, end=_unthrottle)


def _indiscreet(stage: Stage, _operation: str, _true: Any) -> HttpResponse:
    known = stage.gate.simulator.describe()[stage.gate.cloud]
    said = f"canonical request: {known['access_key_secret']} {known['security_token']}"
    body = json.dumps({"error_code": "APIGW.0301", "error_msg": said, "Code": "SignatureDoesNotMatch", "Message": said})
    return HttpResponse(status=401, headers={**JSON_TYPE, "X-Request-Id": known["security_token"]}, body=body.encode())


SECRETS_REPEATED = altered("secrets-repeated-in-an-error", _indiscreet)


# Credentials that expire.

_BEFORE = {LEAVES: RESULT, IMAGES: LEAVES}


def _meanwhile(name: str, happen: Callable[[Stage], object], **others: Any) -> Trouble:
    """What happens at its moment; where that is about one operation, while the answer before it is on its way."""

    def begin(stage: Stage) -> None:
        before = {_BEFORE[operation] for operation in stage.when.operations}

        def rewrite(operation: str, true: Any) -> Any:
            if operation in before:
                stage.altered += 1
                happen(stage)
            return true

        if before:
            stage.gate.simulator.rewrite = rewrite
        else:
            stage.altered += 1
            happen(stage)

    return Trouble(name=name, begin=begin, is_in_answers=True, is_met=is_altered, **others)


def _expire(stage: Stage) -> None:
    stage.gate.simulator.expires_at = stage.gate.time.true_wall()


TEMPORARY_KEYS_EXPIRE = _meanwhile("temporary-keys-expire", _expire, says=("expired", "security token"))
EXPIRED_FOR_IAM = _of_iam(TEMPORARY_KEYS_EXPIRE)
TOKEN_EXPIRES = _meanwhile("token-expires", _expire, by_token=True, says=("expired", "APIGW.0307", "Get a new token"))


def _beside_the_answers(
    name: str, happen: Callable[[Stage], object], is_there: Callable[[Stage], bool], **others: Any
) -> Trouble:
    """What happens and changes no answer by itself: it is met once a question is answered while it is there."""

    def begin(stage: Stage) -> None:
        def poller(_operation: str, true: Any) -> Any:
            stage.altered += is_there(stage)
            return true

        happen(stage)
        stage.gate.simulator.rewrite = poller

    return Trouble(name=name, begin=begin, is_met=is_altered, **others)


# Time.


def _set_the_clock(by: float) -> Callable[[Stage], None]:
    def begin(stage: Stage) -> None:
        stage.gate.time.step, stage.gate.time.step_from = by, stage.gate.time.elapsed

    return begin


def _set_it_right(stage: Stage) -> None:
    stage.gate.time.step = 0.0


def _cloud_runs_ahead(stage: Stage) -> None:
    # The machine of the gate shows what it showed before, so that only the cloud is told another time of day.
    stage.gate.time.at += timedelta(seconds=HOUR)
    stage.gate.time.step -= HOUR


def _is_wrong(stage: Stage) -> bool:
    return stage.gate.time.wall() != stage.gate.time.true_wall()


def _was_refused(stage: Stage) -> bool:
    return any(request.status >= HTTPStatus.BAD_REQUEST for request in stage.gate.simulator.requests)


# From the first request on, the clock is wrong from the start; at every other moment, it is set during the run.
AN_HOUR_AHEAD = _beside_the_answers("clock-an-hour-ahead", _set_the_clock(HOUR), _is_wrong, end=_set_it_right)
AN_HOUR_BEHIND = _beside_the_answers("clock-an-hour-behind", _set_the_clock(-HOUR), _is_wrong, end=_set_it_right)
CLOUD_AHEAD = Trouble(name="clock-of-the-cloud-an-hour-ahead", begin=_cloud_runs_ahead, is_met=_was_refused)


def _from_a_cache(stage: Stage, operation: str, true: Any) -> Any:
    if operation != TASKS:
        return true
    days = 2 * DAY
    sent = datetime.fromtimestamp(stage.gate.time.true_wall() - days, UTC)
    over = {"task_status": 100, "total_num": 3, "success_num": 3, "failed_num": 0, "risky_num": 0}
    rows = [
        {**row, **over, "begin_time": row["begin_time"] - round(days * 1000)}
        for row in true["data_list"]
        if row["task_id"] == OURS
    ]
    headers = {**JSON_TYPE, "Date": format_datetime(sent, usegmt=True), "Age": f"{days:.0f}"}
    return HttpResponse(headers=headers, body=json.dumps({"data_list": rows, "total_num": 1}).encode())


FROM_A_CACHE = altered("answer-of-two-days-ago", _from_a_cache)


def _use_up_the_time(stage: Stage) -> None:
    stage.gate.time.elapsed = max(stage.gate.time.elapsed, TIMEOUT)


TIME_IS_UP = _meanwhile("deadline-comes-before-the-next-question", _use_up_the_time)


# What becomes of the task.


def _vanish(stage: Stage) -> None:
    stage.gate.simulator.tasks.remove(stage.ours)


def _return(stage: Stage) -> None:
    stage.gate.simulator.tasks.append(stage.ours)


def _overtake(stage: Stage) -> None:
    began = stage.gate.time.elapsed
    theirs = SimulatedTask(id="theirs", name="theirs", started_ago=-began, risky=1)
    stage.gate.simulator.tasks.append(theirs)


def of_task(name: str, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Trouble:
    """What goes wrong with our task, wherever it is shown: in the row of a list, or in a whole document."""
    return altered(name, _of_ours(edit))


def _of_ours(edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Callable[[Stage, str, Any], Any]:
    def change(_stage: Stage, operation: str, true: Any) -> Any:
        if operation == TASKS:
            rows = [edit(row) if row["task_id"] == OURS else row for row in true["data_list"]]
            return {**true, "data_list": rows}
        return edit(true) if operation in {LAST_TASK, RESULT} and true.get("TaskId") == OURS else true

    return change


def _repository(**end: object) -> Callable[[Stage, str, Any], Any]:
    """What becomes of the part of our task that is about a whole repository, its images being fine."""

    def change(_stage: Stage, operation: str, true: Any) -> Any:
        if operation != LEAVES:
            return true
        rows = [row | (end if row["TargetType"] == "IMAGE_REPO" else {}) for row in true["OnceTasks"]]
        return {**true, "OnceTasks": rows}

    return change


def _begin_moved(by: float) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    def edit(task: Mapping[str, Any]) -> Mapping[str, Any]:
        name = "begin_time" if "begin_time" in task else "CollectTime"
        return {**task, name: task[name] + round(by * 1000)}

    return edit


def _in_state(number: int, word: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    def edit(task: Mapping[str, Any]) -> Mapping[str, Any]:
        if "task_status" in task:
            return {**task, "task_status": number}
        return {**task, "TaskInfo": {**task["TaskInfo"], "Status": word}}

    return edit


def _backwards(task: Mapping[str, Any]) -> Mapping[str, Any]:
    if "task_status" in task:
        return {**task, "task_status": min(task["task_status"], 100 if task["task_status"] == 100 else 1)}
    return {**task, "FinishCount": 0, "TaskInfo": {**task["TaskInfo"], "Progress": 1}}


def _total(images: int) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    return lambda task: {**task, "total_num" if "total_num" in task else "TotalCount": images}


def _one_image(_stage: Stage, operation: str, true: Any) -> Any:
    if operation == TASKS:
        fewer = {"total_num": 1, "success_num": 1}
        return {**true, "data_list": [{**row, **fewer} if row["task_id"] == OURS else row for row in true["data_list"]]}
    if operation == LEAVES:
        rows = [row for row in true["OnceTasks"] if row["TargetType"] == "IMAGE"][:1]
        return {**true, "OnceTasks": rows, "PageInfo": {**true["PageInfo"], "TotalCount": 1, "Count": 1}}
    return {**true, "TotalCount": 1} if operation != IMAGES else true


def _exchanged(stage: Stage, operation: str, true: Any) -> Any:
    """No result is there at the first count; in all that follow, another image has the place of the last one."""
    if operation == LEAVES:
        stage.memory["counts"] = stage.memory.get("counts", 0) + 1
    if operation not in {LEAVES, IMAGES}:
        return true
    if stage.memory["counts"] == 1:
        return true if operation == LEAVES else _no_rows(stage, operation, true)
    rows = true[_ROWS[operation]]
    if operation == LEAVES:
        return {**true, "OnceTasks": [*rows[:-1], {**rows[-1], "Target": "f" * 64, "TaskImageInfo": None}]}
    another = {**rows[0], "Uuid": "another", "Digest": "f" * 64}
    return {"ImageInstanceList": [*rows, another], "PageInfo": {"TotalCount": len(rows) + 1}}


def _is_gone(stage: Stage) -> bool:
    return stage.ours not in stage.gate.simulator.tasks


def _is_not_the_newest(stage: Stage) -> bool:
    return min(stage.gate.simulator.tasks, key=attrgetter("started_ago")) is not stage.ours


VANISHES = _beside_the_answers("task-vanishes", _vanish, _is_gone, end=_return)
OVERTAKEN = _beside_the_answers("newer-risky-task-appears", _overtake, _is_not_the_newest)
REPLACED = of_task("task-replaced-by-one-of-another-id", lambda task: {**task, _id_in(task): "theirs"})
BEGUN_ANEW = of_task("task-with-another-begin", _begin_moved(1))
BEGUN_LONG_AGO = of_task("begin-three-days-ago", _begin_moved(-3 * DAY))
BEGUN_IN_FUTURE = of_task("begin-in-an-hour", _begin_moved(HOUR))
BEGUN_IN_TEN_MINUTES = of_task("begin-in-ten-minutes", _begin_moved(600))
BACKWARDS = of_task("progress-goes-backwards", _backwards)
RUNNING_AGAIN = of_task("running-for-good", _in_state(10, "START"))
WAITING_AGAIN = of_task("waiting-for-good", _in_state(0, "INIT"))
EMPTIED = of_task("shrinks-to-no-image", _total(0))
HOLLOW = of_task("has-no-image", lambda row: {**row, "total_num": 0, "success_num": 0, "failed_num": 0, "risky_num": 0})
SHRUNK = of_task("shrinks-below-its-counts", _total(2))
SHRUNK_WITH_ITS_COUNTS = altered("shrinks-with-its-counts", _one_image)
GROWN = of_task("grows-beyond-its-counts", _total(5))
REPOSITORY_FAILED = altered("repository-failed", _repository(StatusText="FAIL", ResultInfo="TASK_NOT_SUPPORT_REGION"))
REPOSITORY_RUNNING = altered("repository-still-runs", _repository(StatusText="START", Finish=0))
REPOSITORY_UNKNOWN = altered("repository-without-a-state", _repository(StatusText=None))
EXCHANGED = altered("images-exchanged-while-results-are-late", _exchanged)


def _until_the_deadline(stage: Stage, operation: str, true: Any) -> Any:
    # What is left over when floats are added is no time.
    is_over = stage.gate.time.elapsed > TIMEOUT - 0.01
    return true if is_over else _of_ours(_in_state(10, "START"))(stage, operation, true)


COMPLETE_AT_THE_DEADLINE = altered("complete-at-the-deadline-only", _until_the_deadline)


def in_state(number: int, word: str) -> Trouble:
    """A task in a state of each cloud's own, whatever its true one."""
    return of_task(f"state-{number}-{word}", _in_state(number, word))


def _id_in(task: Mapping[str, Any]) -> str:
    return "task_id" if "task_id" in task else "TaskId"


# What was found in the images.


def _of_images(in_task: Mapping[str, object], in_image: Mapping[str, object]) -> Callable[[Stage, str, Any], Any]:
    """What our task says of its images, and what the list of images says of each of them."""

    def change(stage: Stage, operation: str, true: Any) -> Any:
        if operation == IMAGES:
            return {**true, "ImageInstanceList": [{**row, **in_image} for row in true["ImageInstanceList"]]}
        return _of_ours(lambda row: {**row, **in_task})(stage, operation, true) if operation == TASKS else true

    return change


RISKY = altered("images-that-are-risky", _of_images({"risky_num": 3}, {"RiskStatus": "YES"}))
UNCOUNTED = altered("images-whose-risks-nobody-tells", _of_images({"risky_num": None}, {"RiskStatus": None}))


# Lists in pages.

_ROWS = {TASKS: "data_list", LEAVES: "OnceTasks", IMAGES: "ImageInstanceList"}


def _endless(seconds: float) -> Callable[[Stage, str, Any], Any]:
    """Pages without end, each of which takes so many seconds; what they hold fits together."""

    def change(stage: Stage, operation: str, _true: Any) -> Any:
        stage.gate.time.elapsed += seconds
        page = stage.memory["page"] = stage.memory.get("page", -1) + 1
        # On Huawei Cloud each page begins with the last row of the one before.
        rows = [{"task_id": f"endless-{page * 199 + number}", "Uuid": page, "TaskId": page} for number in range(200)]
        return {_ROWS[operation]: rows if operation == TASKS else rows[:1]}

    return change


def _told(**info: int) -> Callable[[Stage, str, Any], Any]:
    """What a page says of all pages, larger or smaller by so much than it is."""

    def change(_stage: Stage, operation: str, true: Any) -> Any:
        if operation == TASKS:
            return {**true, "total_num": max(0, true["total_num"] + info["TotalCount"])}
        said = true["PageInfo"]
        return {**true, "PageInfo": {**said, **{name: max(0, said[name] + by) for name, by in info.items()}}}

    return change


def _same_page(stage: Stage, operation: str, true: Any) -> Any:
    key = _ROWS[operation]
    return {key: stage.memory.setdefault(key, true[key])}


def _no_rows(_stage: Stage, operation: str, true: Any) -> Any:
    if operation == TASKS:
        return {"data_list": [], "total_num": 0}
    return {_ROWS[operation]: [], "PageInfo": {**true["PageInfo"], "TotalCount": 0, "Count": 0}}


ENDLESS = altered("pages-without-end", _endless(1.0))
ENDLESS_AND_FAST = altered("pages-without-end-that-take-no-time", _endless(0.0))
MORE_PROMISED = altered("page-total-too-large", _told(TotalCount=1))
FEWER_PROMISED = altered("page-total-too-small", _told(TotalCount=-1))
NONE_PROMISED = altered("page-total-of-none", _told(TotalCount=-1000))
MISCOUNTED = altered("page-count-wrong", _told(Count=1))
ANOTHER_PAGE = altered("page-of-another-number", _told(CurrentPage=1))
SAME_PAGE = altered("same-page-again-and-again", _same_page)
EMPTY_LIST = altered("list-without-a-row", _no_rows)
