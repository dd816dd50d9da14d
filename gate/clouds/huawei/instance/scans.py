"""Judging exactly the images that were asked for, by the own scans of instances of SWR Enterprise."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.registries import synchronise
from gate.clouds.huawei.instance.allowlists import parse_allowlist
from gate.clouds.huawei.instance.choice import SCOPES
from gate.clouds.huawei.instance.findings import listed
from gate.clouds.huawei.instance.overview import missing, parse_artifact
from gate.clouds.huawei.instance.slots import ScanSlots
from gate.clouds.whitelists import with_whitelisted
from gate.image import ImageState
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.instances import Instances
    from gate.clouds.huawei.images.tags import TagResolver
    from gate.clouds.huawei.instance.calls import ArtifactCalls
    from gate.clouds.huawei.instance.overview import ShownArtifact
    from gate.clouds.whitelists import Whitelist
    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage, TaggedDigest

_NOT_IN_INSTANCE = "its instance of SWR Enterprise has no such digest"
_CHANGED = "its report changed while its findings were listed"
_NO_INSTANCE = "HSS lists no image of its organisation in an instance of SWR Enterprise with this host"


class InstanceImageScans:
    """The images of instances of SWR Enterprise; `gate.clouds.interface.ImageScans` documents its methods."""

    def __init__(
        self,
        *,
        artifacts: Callable[[ImageRef], ArtifactCalls],
        instances: Instances,
        hss: ImageCalls,
        tags: TagResolver,
        event_log: EventLog,
        describe: Callable[[], str],
    ) -> None:
        self._artifacts = artifacts
        self._instances = instances
        self._hss = hss
        self._tags = tags
        self._event_log = event_log
        self._describe = describe
        self._last: dict[ImageRef, ShownArtifact] = {}
        self._slots = ScanSlots(self._start_one, instances.id_of, event_log)

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """See `ImageScans.resolve`; an instance does not list the images of an index."""
        return self._tags.resolve(image)

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.look`: one call for each image.

        While scans of this run go on, only their images are read. Once none does, all are: a result that was read right
        after its end may have changed since, and only two looks that are equal prove that it has not.
        """
        self._instances.look_again()
        wanted = dict.fromkeys(map(_without_tag, images))
        running = [image for image in wanted if image in self._slots.running]
        for image in running:
            self._read(image)
        if not (self._slots.running or self._slots.waiting):
            for image in wanted:
                if image not in running:
                    self._read(image)
        self._slots.fill()
        return tuple(self._seen(image) for image in images)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.verified`; an instance scans by digest, so that no result is that of another image."""
        return tuple(replace(image, scopes=SCOPES) for image in images)

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_severities`; they are in what a look reads."""
        return tuple(images)

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """See `ImageScans.explained`: allowlists; that distributions are not stated is a warning."""
        if empty := sum(image.kinds.get(ScanScope.VULNERABILITY) == 0 for image in images):
            what = "1 image" if empty == 1 else f"{empty} images"
            self._event_log.warned(
                f"{what} without vulnerabilities: an instance of SWR Enterprise does not state whether it knows the "
                "distribution of an image, so 0 found may say nothing."
            )
        return self._with_allowlists(images) if for_findings else tuple(images)

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_findings`; an instance looks for vulnerabilities only."""
        return tuple(self._with_list(image) if kinds & SCOPES else image for image in images)

    @property
    def cve_source(self) -> None:
        """See `ImageScans.cve_source`; a CVE is the id of its finding (huawei-images.md 5)."""
        return None

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """See `ImageScans.request_listing`: HSS reads the registries of images whose instance it does not know yet."""
        if unknown := [image for image in images if self._instances.id_of(image) is None]:
            synchronise(dict.fromkeys(unknown, ()), self._hss, self._event_log)

    def can_start(self, image: ScannedImage) -> bool:
        """See `ImageScans.can_start`: a scan needs the digest only, and the instance has to have it."""
        return image.state is not ImageState.MISSING

    def start(self, images: Sequence[ScannedImage]) -> None:
        """See `ImageScans.start`; of more than ten images, the others are started as scans end."""
        self._slots.add(self._last[_without_tag(image.image)] for image in images)

    def stop(self) -> None:
        """See `ImageScans.stop`; no operation is documented that stops such a scan (huawei-images.md 5)."""
        if count := len(self._slots.running):
            scans = "1 scan" if count == 1 else f"{count} scans"
            self._event_log.acted(
                f"nothing stops the own scan of an instance of SWR Enterprise: {scans} may go on, and be charged for"
            )

    def search_description(self) -> str:
        """See `ImageScans.search_description`."""
        return self._describe()

    def _with_allowlists(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """The images, with what is on the allowlist of their organisation, of which each is asked for once."""
        organisations: dict[tuple[str, str], list[ScannedImage]] = defaultdict(list)
        for image in images:
            organisations[image.image.registry, image.image.namespace].append(image)
        found: dict[ImageRef, ScannedImage] = {}
        for own in organisations.values():
            read = partial(self._allowlist, own[0].image)
            found |= {image.image: image for image in with_whitelisted(own, read, self._event_log)}
        return tuple(found[image.image] for image in images)

    def _allowlist(self, image: ImageRef) -> Whitelist:
        return parse_allowlist(self._artifacts(image).organisation(image, self._instances.id_of(image) or ""))

    def _start_one(self, image: ImageRef) -> None:
        self._artifacts(image).start_scan(image, self._instances.id_of(image) or "")

    def _read(self, image: ImageRef) -> ShownArtifact:
        """Reads what the instance shows of an image, which is named by its digest alone."""
        before, shown = self._last.get(image), self._show(image)
        if shown.other_reports and (before is None or before.other_reports != shown.other_reports):
            types = ", ".join(shown.other_reports)
            self._event_log.note(f"reports of other types do not count for {image}: {types}")
        self._last[image] = shown
        self._slots.observe(shown)
        return shown

    def _show(self, image: ImageRef) -> ShownArtifact:
        if (instance_id := self._instances.id_of(image)) is None:
            return missing(image, _NO_INSTANCE)
        document = self._artifacts(image).show(image, instance_id)
        return missing(image, _NOT_IN_INSTANCE) if document is None else parse_artifact(image, document)

    def _seen(self, image: ImageRef) -> ScannedImage:
        artifact = _without_tag(image)
        seen = replace(self._last[artifact].image, image=image)
        if reason := self._slots.refused.get(artifact):
            return replace(seen, state=ImageState.NOT_SCANNABLE, reason=reason)
        return seen

    def _with_list(self, image: ScannedImage) -> ScannedImage:
        """The image with the list of its findings, which is of the same report before and after it was read."""
        artifact = _without_tag(image.image)
        before, instance_id = self._last[artifact], self._instances.id_of(artifact) or ""
        found = listed(image, self._artifacts(artifact).vulnerabilities(artifact, instance_id), before.started_at)
        if found.findings_doubt:
            return found
        # The list of another tag of this digest may have been read since the image was seen.
        has_changed = self._read(artifact) != before or before.image.scanned_at != image.scanned_at
        return replace(found, findings_doubt=_CHANGED if has_changed else "")


def _without_tag(image: ImageRef) -> ImageRef:
    """The image by its digest alone: under several tags, it is scanned once."""
    return replace(image, tag="")
