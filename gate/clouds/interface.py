"""The interface of a cloud: its tasks, its images, its sign-in, what it is connected with, and its registry entry."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gate.clouds.credentials import find_credentials, first_variable
from gate.clouds.redaction import MIN_SECRET_LENGTH
from gate.interrupt import signals_delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gate.clock import Clock, RunDeadline
    from gate.clouds.credentials import Credentials, Source
    from gate.clouds.diagnosis import Probe, RegistryReading, ScanQuota
    from gate.clouds.endpoint import Endpoint
    from gate.clouds.registry_host import RegistryHost
    from gate.clouds.survey import Survey
    from gate.clouds.transport import Transport
    from gate.event_log import EventLog
    from gate.finding import Finding
    from gate.image import ImageRef, ScannedImage, Severity, TaggedDigest
    from gate.scan import ScanScope, ScanTask
    from gate.settings import Option, Settings
    from gate.time_of_day import TimeOfDay


class Cloud(Protocol):
    """The scan tasks of one cloud, in the vocabulary of `gate.scan`.

    Every method may raise `NotAuthorised`, `Refused`, `NotUnderstood` or, after the deadline, `TransientError`.
    """

    def matching_tasks(self, judged: ScanTask | None = None) -> list[ScanTask]:
        """Lists the tasks that fit all filters, by their own statements and not only by the cloud's.

        A cloud that shows its latest task only lists that one.

        Args:
            judged: A task that fitted before, listed also if it does not fit any more, as `poll` returns it then.
        """
        ...

    def task_by_id(self, task_id: str) -> ScanTask | None:
        """Finds the task with exactly this id, if it fits the filters by what the cloud states of it."""
        ...

    def search_description(self, task_id: str | None) -> str:
        """Says where tasks are searched, for a message: the cloud, its region or endpoint, and the filters in force.

        Call it after a search: some of it may be known only then. A search by id sends no filters; those that
        can be checked against the task are in force.
        """
        ...

    def poll(self, pinned: ScanTask) -> ScanTask | None:
        """Polls the task that was found before, and no other; returns it with its counts once it is complete.

        A task that does not fit the filters any more has the raw state `NO_LONGER_FITS`.
        """
        ...

    def explain(self, task: ScanTask) -> ScanTask:
        """Returns the same task with its risky images by name, where the cloud lists them in another place.

        They never decide, and may be more or fewer than the task counts. Each request is sent once, and not retried.
        """
        ...

    def image_scans(self) -> ImageScans:
        """The scans of single images, in place of tasks; sends no request."""
        ...


class ImageScans(Protocol):
    """The scans of exactly the images that were asked for; `gate.images` decides what to ask, and when.

    It serves one run, and keeps what it has read of an image for the calls that follow. Every method may raise what
    those of `Cloud` raise. An image is identified by its digest, in responses too: names alone prove nothing.
    """

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """Asks the registry what the tag of this image stands for now; None if it does not know the tag."""
        ...

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """Looks at each of these images, which have digests; returns as many, in the same order.

        Once a scan was started, the result of an image is that of this scan or of a later one.
        """
        ...

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """The same images, with what is stated of their results in other places: what their scans looked for.

        An image whose result may be that of another one, which had its tag before, is OUTDATED, with the reason.
        """
        ...

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """The same images, with their findings by severity, where those may show a risk that the rest does not.

        Asked for in each poll if the policy goes by them, since they may be late, else once.
        """
        ...

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """The same images, which are judged, with what explains their results and takes calls of its own.

        It decides nothing. Each request is sent once, and not retried; without a response, less is explained.

        Args:
            images: All images.
            for_findings: Whether the policy or a report goes by findings, so that it matters which ones may be missing.
        """
        ...

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """The same images, which are SCANNED, each with the list of its findings of these kinds.

        A list that is not complete, does not add up to the numbers of the image or is from before its scan has a
        `findings_doubt`. What was decided about a finding in the cloud's console does not remove it from the list.
        """
        ...

    @property
    def cve_source(self) -> CveSource | None:
        """What names the CVEs of findings whose lists do not; None where lists name all that the cloud knows."""
        ...

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """Asks the cloud to read the registries of these images again, which the event log says before.

        Does nothing if a scan does so itself, or if what the cloud lists does not depend on it.
        """
        ...

    def can_start(self, image: ScannedImage) -> bool:
        """Whether a scan of this image can be started as it was last seen: some clouds scan only what they list."""
        ...

    def start(self, images: Sequence[ScannedImage]) -> None:
        """Starts a scan of exactly these images, which are at least one.

        Raises:
            Refused: The cloud did not start it, or started another one, such as for lack of quota.
        """
        ...

    def stop(self) -> None:
        """Stops the scan that was started, if it is still running and the cloud can stop exactly this one."""
        ...

    def search_description(self) -> str:
        """Says where images are searched, for a message: the cloud and its region or endpoint."""
        ...


class CveSource(Protocol):
    """What a cloud is asked for the CVEs of findings with `has_unknown_cves`."""

    @property
    def calls_per_minute(self) -> int:
        """How many requests it may send in a minute, by the cloud's quota."""
        ...

    def cves_of(self, finding: Finding) -> tuple[str, ...] | None:
        """The CVEs of a finding, each once, by a request of its own or more.

        None if the cloud does not name them all; the event log has the reason. It may raise what the methods of
        `Cloud` raise.
        """
        ...


class SignIn(Protocol):
    """One way to sign in, for all APIs of a run."""

    @property
    def description(self) -> str:
        """Which credentials these are, for a line of the log, such as "the access key in HW_ACCESS_KEY"."""
        ...

    @property
    def last_failure(self) -> str:
        """Why the credentials could not be renewed when that was tried last; empty if they could."""
        ...

    @property
    def advice(self) -> str:
        """What makes these credentials last longer than a run, a sentence for an error message."""
        ...

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The addresses that are asked for a token or for credentials; none where nothing is exchanged."""
        ...

    def credentials(self, *, is_retried: bool = True) -> Credentials:
        """The credentials to use for the next request; signs in first, or renews them, where that is due.

        Args:
            is_retried: Whether an exchange without which there are none is retried after transient errors, until the
                deadline. False where other credentials are still valid, and the run can go on with those.

        Raises:
            NotAuthorised: There are none, or the cloud refuses to give any.
            GateError: The exchange failed in another way.
        """
        ...

    def renewed(self) -> Credentials:
        """The credentials after the cloud has refused those that were used; the same if there are no others.

        Raises nothing for a failure, which `last_failure` then names: the refusal says more.
        """
        ...


class Diagnosis(Protocol):
    """What `scan-gate doctor` asks of one cloud for the settings of a run; none of it changes anything.

    Methods that send requests may raise what those of `Cloud` raise.
    """

    @property
    def sign_in(self) -> SignIn:
        """The way to sign in; chosen without a request.

        Raises:
            UsageError: Options contradict each other, or a way lacks something.
        """
        ...

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The addresses of the APIs that a run with these settings needs, beside those of its sign-in."""
        ...

    def connect(self) -> Cloud:
        """Connects to the cloud with the same sign-in; see `CloudProvider.connect`."""
        ...

    def place(self) -> str:
        """Names the region, and the project where the cloud has projects, for which it may have to ask."""
        ...

    def probes(self, scans: ImageScans | None, lists: frozenset[ScanScope], *, lists_decide: bool) -> Iterable[Probe]:
        """The operations that a run with these settings may call, each of which may be called before the next is made.

        Args:
            scans: The images of the account; None if the run judges a scan task.
            lists: The kinds of findings that the run lists; none if it lists none.
            lists_decide: Whether there is no verdict without these lists.
        """
        ...

    def scan_quota(self) -> ScanQuota:
        """Asks how many images may still be scanned."""
        ...

    def registry_reading(self, image: ImageRef) -> RegistryReading | None:
        """Asks when the cloud has last read the registry of this image; None if it reads none when it is asked to."""
        ...


def _transport(base_url: str, **attributes: Any) -> Transport:
    with signals_delayed():
        from gate.clouds.transport import Transport  # noqa: PLC0415 - loads requests, which only a request needs

    return Transport(base_url, **attributes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """What a cloud is connected with."""

    settings: Settings
    environ: Mapping[str, str]
    clock: Clock
    time_of_day: TimeOfDay
    deadline: RunDeadline
    """The end of the run: no request is retried after it."""
    event_log: EventLog
    mask_secret: Callable[[str], object] = str
    """Called with every secret before its first use, so that the CI system can mask it in its log."""
    transport: Callable[..., Transport] = _transport
    """Opens the transport to an HTTP host; injected like the clock, so that a test can answer without a socket."""
    open_transports: ExitStack = field(default_factory=ExitStack)
    """To be closed at the end of the run."""
    bytes_kept: int = 0
    """What is kept of other responses while one is read through this, beside what a call itself says."""
    other_sources: Mapping[str, Sequence[Source]] = field(default_factory=dict)
    """The names under which the tools of other vendors keep credentials, by vendor; for a message."""
    masked: set[str] = field(default_factory=set, repr=False)
    """The secrets that were given to `mask_secret`."""

    def open_transport(self, base_url: str, *, secrets: Iterable[str]) -> Transport:
        """Opens the transport to this address; in what it receives, the secrets are redacted."""
        settings = self.settings
        transport = self.transport(
            base_url, secrets=secrets, request_timeout=settings.request_timeout, ca_bundle=settings.ca_bundle
        )
        self.open_transports.callback(transport.close)
        return transport

    def option_or_variable(self, name: str, value: object, variables: Iterable[str]) -> tuple[str, str]:
        """Returns the value of an option, else of the first of the vendor's own variables, and where it was given."""
        reads = not value and self.settings.reads_variables
        variable, found = first_variable(self.environ, variables) if reads else ("", "")
        source = f"the variable {variable}" if variable else self.settings.source_of(name)
        return str(value or found), source

    def credentials(self, native: Sequence[Source], *, vendor: str, takes_token: bool = True) -> Credentials:
        """Finds the credentials that are stored, and masks their secrets; see `find_credentials`."""
        others = self.other_sources
        found = find_credentials(self.environ, native, vendor=vendor, takes_token=takes_token, others=others)
        self.mask(found.secrets)
        return found

    def mask(self, secrets: Iterable[str]) -> None:
        """Has the CI system mask these secrets in its log; call it before their first use."""
        for secret in secrets:
            # Once, however often credentials are read: the command that masks a secret contains it.
            if len(secret) >= MIN_SECRET_LENGTH and secret not in self.masked:
                self.mask_secret(secret)
                self.masked.add(secret)


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudProvider:
    """A cloud before it is connected: its name, its options, and how to connect to it.

    Every command loads the providers of all clouds, for the option table. So neither `options` nor the module of the
    provider may import requests, or the modules that send requests and read responses.
    """

    vendor: str
    """The name of the cloud in messages."""
    options: tuple[Option, ...]
    task_options: tuple[str, ...]
    """Those of its options that select a scan task, by name; where images are named, they mean nothing."""
    severity_words: Mapping[str, Severity]
    """The words of the cloud for the severity of findings in images; any other word is unknown."""
    states_critical: Callable[[Mapping[str, object], Sequence[ImageRef]], bool]
    """Whether what scans these images with these options has a word for critical, of all of them."""
    regions: frozenset[str]
    """The regions that are documented for the service."""
    region_variables: tuple[str, ...]
    """The names that the vendor's own tools use for the region, best first."""
    credential_sources: tuple[Source, ...]
    """The names that the vendor's own tools use for credentials, best first."""
    oidc_audience: str
    """The audience of an OIDC token that the cloud's token service expects unless the user has chosen another."""
    takes_token: bool = False
    """Whether one can sign in with the token of a user, without an access key."""
    min_poll_interval: float
    """Seconds between two polls that the documented quota allows."""
    registry_host: Callable[[str], RegistryHost | None]
    """What the host of a registry says, without its port and in lower case; None if it is not of this cloud."""
    load: Callable[[], Callable[[Connection], Cloud]]
    """Imports and returns the function `connect` of the cloud."""
    load_diagnosis: Callable[[], Callable[[Connection], Diagnosis]]
    """Imports and returns the function `diagnose` of the cloud."""
    load_survey: Callable[[], Survey]
    """Imports and returns what `doctor --fixture` asks of the cloud."""

    def connect(self, connection: Connection) -> Cloud:
        """Connects to the cloud; sends no request but to sign in, where that takes one.

        Raises:
            UsageError: The settings do not suffice.
            NotAuthorised: The credentials do not suffice.
        """
        with signals_delayed():
            connect = self.load()
        return connect(connection)

    def diagnose(self, connection: Connection) -> Diagnosis:
        """What `scan-gate doctor` asks of the cloud; sends no request.

        Raises:
            UsageError: The settings do not suffice to find the cloud.
        """
        with signals_delayed():
            diagnose = self.load_diagnosis()
        return diagnose(connection)
