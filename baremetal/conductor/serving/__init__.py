"""What a conductor serves to servers that boot: files over HTTP, and DHCP and TFTP by dnsmasq."""

import logging
import pathlib

from oslo_config import cfg

from baremetal import clock
from baremetal.boot import loaders, shelf, templates
from baremetal.conductor import witness
from baremetal.conductor.serving import dnsmasq, files
from baremetal.db import engine

LOG = logging.getLogger(__name__)


class Serving:
    """All of it, for one conductor."""

    def __init__(self, conf: cfg.ConfigOpts, database: engine.Database, ticker: clock.Clock) -> None:
        """Find what lies ready since before. ValueError, BootFileMissing: an option names what cannot be used."""
        templates.check(conf)
        found = loaders.Loaders(pathlib.Path(conf.pxe.tftp_root), conf.pxe.loader_file_paths)
        self.shelf = shelf.Shelf(pathlib.Path(conf.deploy.http_root), conf.deploy.http_url)
        self.witness = witness.Witness(database, ticker, self.shelf)
        #: None where DHCP is somebody else's
        self.dnsmasq = dnsmasq.Dnsmasq(conf, self.shelf, found, ticker) if conf.dnsmasq.interface else None
        #: the WSGI application of the file listener
        self.files = files.Files(self.shelf, self.witness, found, ticker,
                                 self.dnsmasq.lessee if self.dnsmasq else None)
        self._loaders = found

    def start(self) -> None:
        """Begin to serve; what cannot run has been logged, and says so where it is needed."""
        self._loaders.fill()
        self.witness.start()
        if self.dnsmasq is not None:
            for sentence in self._loaders.missing():
                LOG.info("Loader %s", sentence)
            self.dnsmasq.start(self.witness)

    def stop(self) -> None:
        """End what was started."""
        if self.dnsmasq is not None:
            self.dnsmasq.stop()
        self.witness.stop()
