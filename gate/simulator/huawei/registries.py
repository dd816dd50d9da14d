"""Renders the registries of the account, and synchronises them (huawei-images.md 1.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.account import Account
from gate.simulator.image import PushedImage, RegistryKind
from gate.simulator.task import SimulatedTask, Snapshot

ENTERPRISE_HOST: Final = ".swr-pro."
"""In the host of an instance of SWR Enterprise (huawei-images.md 5)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KindWords:
    """The words of HSS for one kind of registry."""

    registry_type: str
    image_type: str
    name: str


WORDS: Final[Mapping[RegistryKind, KindWords]] = {
    "private": KindWords(registry_type="SwrPrivate", image_type="private_image", name="SWR private images"),
    "shared": KindWords(registry_type="SwrShared", image_type="shared_image", name="SWR shared images"),
    "enterprise": KindWords(registry_type="SwrEnterprise", image_type="instance_image", name="SWR enterprise"),
    "harbor": KindWords(registry_type="Harbor", image_type="harbor", name="Harbor"),
    "jfrog": KindWords(registry_type="Jfrog", image_type="jfrog", name="JFrog"),
}
REGISTRY_TYPES: Final = (*(words.registry_type for words in WORDS.values()), "Other")
SYNC_STATES: Final = {"complete": "finished", "running": "running", "queued": "running"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """One registry as HSS lists it: all of SWR is one for each kind, an instance of SWR Enterprise is one."""

    kind: RegistryKind
    host: str = ""
    """Empty for all of SWR."""

    @classmethod
    def of(cls, image: PushedImage) -> "Registry":
        """That of an image: its kind is given, or told by the host."""
        kind = image.kind or ("enterprise" if ENTERPRISE_HOST in image.registry else "private")
        return cls(kind=kind, host="" if kind in {"private", "shared"} else image.registry)

    @property
    def words(self) -> KindWords:
        """What HSS calls it."""
        return WORDS[self.kind]

    @property
    def id(self) -> str:
        """The registry_id of its images, too."""
        return str(uuid5(NAMESPACE_URL, f"{self.kind}/{self.host}"))

    @property
    def name(self) -> str:
        """Its name in the console."""
        return f"{self.words.name} {self.instance_name}".strip()

    @property
    def instance_name(self) -> str:
        """The name of an instance of SWR Enterprise, or the host of a registry of another vendor."""
        return self.host.partition(".")[0]

    @property
    def instance_id(self) -> str:
        """The id of an instance of SWR Enterprise."""
        return str(uuid5(NAMESPACE_URL, f"instance/{self.host}"))


def registries(account: Account, at: float) -> list[Registry]:
    """Those of all images that were pushed, and that of SWR's own images."""
    found = {Registry.of(push.image) for push in account.tags(at).values()} | {Registry(kind="private")}
    return sorted(found, key=lambda registry: registry.id)


def hosts(registry: Registry, account: Account, at: float) -> set[str]:
    """The names that its images have as `PushedImage.registry`."""
    of_images = {push.image.registry for push in account.tags(at).values() if Registry.of(push.image) == registry}
    return of_images | {registry.host}


def sync_time(registry: Registry, account: Account, at: float) -> float | None:
    """When it was last synchronised successfully."""
    times = [account.sync_time(host, at) for host in hosts(registry, account, at)]
    return max((time for time in times if time is not None), default=None)


def document(registry: Registry, account: Account, at: float) -> dict[str, Any]:
    """One element of ListRegistry, without empty fields."""
    synchronised = sync_time(registry, account, at)
    fields = {
        "id": registry.id,
        "registry_name": registry.name,
        "registry_type": registry.words.registry_type,
        "registry_addr": registry.host or None,
        "status": "success",
        "images_num": sum(Registry.of(push.image) == registry for push in account.tags(at).values()),
        "latest_sync_time": None if synchronised is None else round(synchronised * 1000),
    }
    return {name: value for name, value in fields.items() if value is not None}


def matching(all_of: Sequence[Registry], query: Mapping[str, str]) -> list[Registry]:
    """Those that match the filters of ListRegistry and ListAssociateRegistries; all have the status success."""
    return [
        registry
        for registry in all_of
        if query.get("registry_name", "") in registry.name
        and query.get("registry_id", registry.id) == registry.id
        and registry.words.registry_type in query.get("registry_type", registry.words.registry_type).split(",")
        and query.get("registry_addr", "") in registry.host
        and query.get("status", "success") == "success"
    ]


def synchronise(chosen: Sequence[Registry], account: Account, at: float, enterprise_project: str) -> SimulatedTask:
    """Start a synchronisation of these registries, which the task list shows."""
    names = {host for registry in chosen for host in hosts(registry, account, at)}
    return account.start_sync(names, at, total=len(chosen), enterprise_project_id=enterprise_project)


def of_sync(sync: Snapshot, account: Account, at: float) -> list[Registry]:
    """The registries that a task synchronises."""
    names = sync.task.registries
    return [one for one in registries(account, at) if not names or hosts(one, account, at) & {*names}]


def sync_document(registry: Registry, sync: Snapshot) -> dict[str, Any]:
    """One element of ListAssociateRegistries."""
    state = SYNC_STATES.get(sync.stage.state, "failed")
    return {
        "registry_id": registry.id,
        "registry_name": registry.name,
        "registry_type": registry.words.registry_type,
        "sync_status": state,
        "failed_reason": f"The task is {sync.stage.state}." if state == "failed" else "",
    }
