"""The hardware manager: the deploy step ``write_image_by_map`` for the agent. Written to its plug-in interface.

Partition images and images without a map are not its business: those go the agent's own way.
"""

import dataclasses

from ironic_python_agent import disk_utils, errors, hardware, partition_utils, utils
from ironic_python_agent.extensions import base
from oslo_config import cfg
from oslo_log import log

from baremetal_ramdisk import failure, source, writer

LOG = log.getLogger(__name__)
STEP = "write_image_by_map"
ARGUMENTS = {
    "image_url": {"description": "URL of the raw image, on a server that gives ranges.", "required": True},
    "map_url": {"description": "URL of the block map: where the image has data, with checksums.", "required": True},
    "map_sha256": {"description": "sha256 of the block map.", "required": True},
    "image_info": {"description": "What standby.prepare_image takes: id, image_type, node_uuid.", "required": True},
    "configdrive": {"description": "Config drive: base64 of gzip of an ISO image, or its URL.", "required": False},
}


class BlockMapManager(hardware.HardwareManager):
    """Writes images by their block map. Stands beside the generic manager and takes nothing from it."""

    HARDWARE_MANAGER_NAME = "BaremetalBlockMapManager"
    HARDWARE_MANAGER_VERSION = "1"

    def evaluate_hardware_support(self):
        """Any machine will do."""
        return hardware.HardwareSupport.MAINLINE

    def get_deploy_steps(self, node, ports):
        """Offer the step; priority 0 means that only the service asks for it."""
        return [{"step": STEP, "interface": "deploy", "priority": 0, "reboot_requested": False, "argsinfo": ARGUMENTS}]

    def write_image_by_map(self, node, ports, image_url, map_url, map_sha256, image_info, configdrive=None):
        """Write the data of an image to the root device, make the rest zero, and end as the agent does."""
        info = dict(image_info)
        configdrive = configdrive or info.pop("configdrive", None)
        if info.get("image_type") == "partition":
            raise errors.InvalidCommandParamsError("write_image_by_map writes whole disks; image_info/image_type is "
                                                   "'partition'")
        path = hardware.dispatch_to_managers("get_os_install_device", permit_refresh=True)
        LOG.info("Writing image %s to %s by its block map", info.get("id"), path)
        report = _write(path, image_url, map_url, map_sha256, info)
        LOG.info("Image %s is on %s: %s", info.get("id"), path, report)
        _settle(path, info, configdrive)
        return {"result": "image ({}) written to device {} by block map".format(info.get("id"), path),
                "written_by": "block map", "device": path, **dataclasses.asdict(report)}


def _write(path, image_url, map_url, map_sha256, info):
    """Write; what fails becomes one of the agent's own errors."""
    verify, cert = utils.get_ssl_client_options(cfg.CONF)
    origin = source.Source(verify, cert, attempts=cfg.CONF.image_download_connection_retries + 1,
                           pause=cfg.CONF.image_download_connection_retry_interval,
                           timeout=cfg.CONF.image_download_connection_timeout)
    try:
        return writer.write(path, image_url, origin.map(map_url, map_sha256), origin)
    except failure.Damaged as error:
        raise errors.ImageDownloadFatalError(info.get("id"), str(error)) from error
    except failure.Unreachable as error:
        raise errors.ImageDownloadError(info.get("id"), str(error)) from error
    except failure.TooLarge as error:
        raise errors.DeploymentError(str(error)) from error
    except OSError as error:
        raise errors.ImageWriteError(path, error.errno, "", str(error)) from error
    finally:
        origin.close()


def _settle(path, info, configdrive):
    """Have the partition table read again and mended, the config drive written, and the agent know what lies there."""
    node_uuid = info.get("node_uuid", "local")
    disk_utils.fix_gpt_partition(path, node_uuid)
    disk_utils.trigger_device_rescan(path)
    if not disk_utils.list_partitions(path):
        raise errors.DeploymentError(f"No partitions found on the device {path} after writing the image.")
    if configdrive is not None:
        partition_utils.create_config_drive_partition(node_uuid, path, configdrive)
    # the service asks standby.get_partition_uuids afterwards, and prepare_image must not write the same image again
    standby = base.get_extension("standby")
    standby.partition_uuids = {}
    try:
        standby.partition_uuids["root uuid"] = disk_utils.get_disk_identifier(path)
    except OSError as error:
        LOG.warning("The disk identifier of %s cannot be read (is hexdump missing?): %s", path, error)
    standby.cached_image_id = info.get("id")
