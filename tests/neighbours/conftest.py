"""A small cloud on loopback: Keystone, Glance and Neutron as they are, and our configuration that knows them."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oslo_config import cfg

from baremetal import config
from tests.services import glance, keystone, neutron

SECTION = """\
[{service}]
auth_type = password
auth_url = {url}/v3
username = baremetal
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
region_name = RegionOne
"""


@dataclasses.dataclass(frozen=True)
class Small:
    """Who is there."""

    keystone: keystone.Service
    project: str
    """Id of project ``service``."""
    password: str
    """Of user ``baremetal``, which is admin there."""
    passwords: dict[str, str]

    @property
    def token(self) -> str:
        """One of user ``baremetal``."""
        return self.keystone.token("baremetal", self.password, "service")


@pytest.fixture(scope="session")
def small(keystone: keystone.Service) -> Small:
    """Project ``service`` and the users in it."""
    project = keystone.project("service")
    users = {name: keystone.user(name, ["admin", "service"], project) for name in ("baremetal", "glance", "neutron")}
    return Small(keystone, project, users["baremetal"], users)


@pytest.fixture(scope="session")
def images(workdir: Path, small: Small) -> Iterator[glance.Service]:
    """The real Glance, in the catalog."""
    server = glance.start(workdir, small.keystone, small.passwords["glance"])
    small.keystone.register("image", server.url)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def networks(workdir: Path, small: Small) -> Iterator[neutron.Service]:
    """The real Neutron server, in the catalog."""
    server = neutron.start(workdir, small.keystone, small.passwords["neutron"])
    small.keystone.register("network", server.url)
    yield server
    server.stop()


@pytest.fixture
def conf(small: Small, tmp_path: Path) -> Callable[..., cfg.ConfigOpts]:
    """Makes a configuration as an operator writes it for these services."""
    def make(*services: str, **options: object) -> cfg.ConfigOpts:
        file = tmp_path / "cloud.conf"
        file.write_text("".join(SECTION.format(service=service, url=small.keystone.url, password=small.password)
                                for service in services))
        return config.build(files=[str(file)], **{"pxe__images_path": str(tmp_path / "kept"), **options})
    return make
