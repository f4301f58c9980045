"""Section images, and what operators look for elsewhere: which images may be fetched, how, and how many are kept."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.ListOpt("allowed_networks", default=[],
                help="Networks (as 10.0.0.0/8, 127.0.0.1/32) from which images may come although they are loopback or "
                     "link-local, which are refused otherwise."),
    cfg.IntOpt("largest", default=1024, min=1,
               help="Largest image in GiB, as fetched, as unpacked and as it lies on a disk."),
    cfg.FloatOpt("stall_timeout", default=60, min=0.1,
                 help="Seconds in which a server must send at least stall_bytes; else the download failed."),
    cfg.IntOpt("stall_bytes", default=65536, min=1, help="Bytes that must arrive within stall_timeout."),
    cfg.IntOpt("attempts", default=4, min=1,
               help="How often a download is tried; it goes on where it broke off when the server allows that."),
    cfg.FloatOpt("convert_timeout", default=3600, min=0.01, help="Seconds that the conversion of an image may take."),
]

#: section DEFAULT
SERVERS: list[cfg.Opt] = [
    cfg.FloatOpt("webserver_connection_timeout", default=60, min=0.1,
                 help="Seconds that a server of images may take to accept a connection."),
    cfg.StrOpt("webserver_verify_ca", default="true",
               help="How the certificate of a server of images is verified: true (system's authorities), false (not at "
                    "all), or the path of a file of authorities."),
]

#: section agent
CHECKSUMS: list[cfg.Opt] = [
    cfg.BoolOpt("allow_md5_checksum", default=False,
                help="Whether md5 and sha1 count as checksums of images; they protect from accidents only."),
]

#: section conductor
FORMATS: list[cfg.Opt] = [
    cfg.ListOpt("permitted_image_formats", default=["raw", "gpt", "qcow2", "iso"],
                help="Formats that images may have by their content: raw, gpt (raw with a partition table), iso, qcow2, "
                     "vmdk, vhd, vhdx, vdi."),
]

#: section disk_utils
CONVERSION: list[cfg.Opt] = [
    cfg.IntOpt("image_convert_memory_limit", default=2048, min=256,
               help="Memory in MiB that the conversion of an image may use."),
]

#: section pxe
CACHE: list[cfg.Opt] = [
    cfg.StrOpt("images_path", default="", help="Folder in which images are kept. Default: images in state_path."),
    cfg.IntOpt("image_cache_size", default=20480, min=0,
               help="MiB on disk that kept images may take; beyond, those go first that were not used for longest. Images "
                    "of nodes that need them now always stay."),
    cfg.IntOpt("image_cache_ttl", default=10080, min=0,
               help="Minutes for which an image is kept that nobody uses; 0 is until its room is needed."),
]
