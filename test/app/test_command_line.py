# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""The command line: help without a device, and one line for each mistake."""

import glob
import re
import shutil
import subprocess
import tempfile

import pytest

from testasm import EAL, PROGRAM, ROOT, TIMEOUT, lcores

OPTIONS = ("forward-mode access trunk peer max-frame max-count min-count hold-us max-pkt "
           "idle-flush ethertype lz4 adaptive workers interrupt lcore-map nb-rxd nb-txd burst mbufs txpkts stats-period "
           "stats-json duration config cmdline-file help version").split()
MODES = "io mac rxonly txonly flowgen assemble disassemble gateway".split()
PEER = "--peer=02:00:00:00:00:01"
NULLS = ["--vdev", "net_null0", "--vdev", "net_null1"]

# option, values that it refuses, what the error says is accepted
REFUSED = [
    ("forward-mode", ["", "IO", "iofwd"], "io, mac,"),
    ("access", ["-1", "32", "one"], "0 to 31"),
    ("trunk", ["32", "1x"], "0 to 31"),
    ("peer", ["", "1", "ff:ff:ff:ff:ff:ff", "01:00:00:00:00:01", "00:00:00:00:00:00",
              "02:00:00:00:00:0g"], "unicast"),
    ("max-frame", ["59", "16385", "0", "", "1514 ", "99999999999999999999"], "60 to 16384"),
    ("max-count", ["65536", "-1"], "0 to 65535"),
    ("min-count", ["0", "65"], "1 to 64"),
    ("hold-us", ["1000001", "5.5"], "0 to 1000000"),
    ("max-pkt", ["59", "16384"], "60 to 16383"),
    ("idle-flush", ["yes", "1", ""], "off or on"),
    ("ethertype", ["0x5ff", "0x10000", "88B5", "0x0800", "0x86DD", "0x0806", "33024"],
     "0x600 to 0xffff, but for IP"),
    ("lz4", ["yes"], "off or on"),
    ("adaptive", ["1"], "off or on"),
    ("workers", ["17"], "0 to 16"),
    ("interrupt", ["yes"], "off or on"),
    ("lcore-map", [""], "task:lcore pairs"),
    ("nb-rxd", ["31", "4097"], "32 to 4096"),
    ("nb-txd", ["31", "4097"], "32 to 4096"),
    ("burst", ["0", "513"], "1 to 512"),
    ("mbufs", ["63"], "64 to"),
    ("txpkts", ["41", "1515"], "42 to 1514"),
    ("stats-period", ["86401"], "0 to 86400"),
    ("stats-json", [""], "path"),
    ("duration", ["-5"], "0 to"),
    ("cmdline-file", [""], "path"),
    ("config", [""], "cannot read it"),
]


def informed(*arguments):
    assert PROGRAM.is_file(), f"{PROGRAM} is not built, and TESTASM names no other"
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          timeout=TIMEOUT)
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["--", "--help"], ["--", "-h"],
                                       ["-l", "0", "--", "--burst=4", "--help"]])
def test_help_names_every_option_and_mode(arguments):
    text = informed(*arguments)
    for option in OPTIONS:
        assert re.search(rf"^  --{option}\b", text, re.M), option
    for mode in MODES:
        assert re.search(rf"^  {mode} ", text, re.M), mode


@pytest.mark.parametrize("arguments", [["--version"], ["--", "--version"]])
def test_version_names_program_and_dpdk(arguments):
    assert re.fullmatch(r"dpdk-testasm \d+\.\d+\.\d+ \(DPDK \d+\.\d+\.\S+\)\n",
                        informed(*arguments))


@pytest.mark.parametrize("option, value, accepted", [
    (option, value, accepted) for option, values, accepted in REFUSED for value in values])
def test_bad_value_is_named_with_what_is_accepted(refused, option, value, accepted):
    line = refused("--", f"--{option}={value}")
    assert f"--{option}={value}: " in line
    assert accepted in line


@pytest.mark.parametrize("option", [o for o, _, what in REFUSED if what != "off or on"])
def test_missing_value_is_named(refused, option):
    assert f"--{option}: give a value" in refused("--", f"--{option}")


@pytest.mark.parametrize("option", ["foo", "m=1"])
def test_unknown_or_ambiguous_option_is_named(refused, option):
    assert f"--{option}: no such option" in refused("--", f"--{option}")


def test_unknown_letter_is_named(refused):
    assert "-x: no such option" in refused("--", "-a", "-x")


def test_stray_argument_is_named(refused):
    assert "stray: not an option" in refused("--", PEER, "stray")


@pytest.mark.parametrize("option", ["--peer=02:00:00:00:00:01", "--forward-mode"])
def test_option_before_the_dashes_is_named(refused, option):
    line = refused("-l", "0", option, "io")
    assert option in line and "put --" in line


def test_gateway_is_the_default(start):
    process = start(["net_null0", "net_null1"], ["--duration=1"])
    process.finished()
    assert "forwarding started: gateway" in process.out


def test_commands_of_a_file_need_a_prompt(refused):
    assert "needs -i" in refused("--", PEER, "--cmdline-file=commands")


def test_one_port_cannot_be_both(refused):
    assert "--access=1 --trunk=1: give two different" in refused("--", PEER, "--access=1")


@pytest.mark.parametrize("path", ["/dev/null", "/nonexistent/stats.json"])
def test_statistics_that_cannot_be_written_are_an_error(refused, path):
    assert f"--stats-json={path}: " in refused("--", PEER, f"--stats-json={path}")


def test_no_hugepages_names_the_tool(refused, tmp_path):
    # EAL uses only what is mounted in this directory, so nothing, whatever the machine has.
    line = refused("--no-pci", "--no-shconf", f"--huge-dir={tmp_path}", "--", PEER)
    assert "hugepages" in line and "dpdk-hugepages.py --setup" in line


def test_plugins_that_cannot_be_read_are_named():
    """As for a user who may not read their directory: here one with nothing in it."""
    [plugins] = glob.glob("/usr/lib/*/dpdk/pmds-*")
    # EAL loads nothing from below a directory that all may write to.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as place:
        named = [shutil.copy(f"{plugins}/librte_{name}.so", place)
                 for name in ("bus_pci", "bus_vdev", "net_null")]
        command = [str(PROGRAM), *EAL, *[f"-d{name}" for name in named], *NULLS, "--",
                   "--forward-mode=io", "--duration=1"]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {plugins} && exec "$@"',
             "sh", *command], capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode != 0
    line = done.stderr.splitlines()[-1]
    assert line.startswith('dpdk-testasm: no driver "ring_mp_mc"') and plugins in line, line


def test_eal_error_is_said_to_be_one(refused):
    assert "EAL did not start" in refused(*EAL, "--no-such-option", "--", PEER)


@pytest.mark.parametrize("vdevs, missing", [([], "--access=0"), (NULLS[:2], "--trunk=1")])
def test_missing_port_says_how_to_get_one(refused, vdevs, missing):
    line = refused(*EAL, *vdevs, "--", PEER)
    assert f"{missing}: no such port" in line
    assert "-a BDF" in line and "dpdk-devbind.py --bind=vfio-pci" in line


@pytest.mark.parametrize("allow", [["-a", "0000:02:01.0"], ["-a0000:02:01.0"],
                                   ["--allow=02:01.0,x=1"], ["--allow", "0000:02:01.0"]])
@pytest.mark.parametrize("driver, text", [
    ("e1000", "kernel's e1000: run \"dpdk-devbind.py --bind=vfio-pci 0000:02:01.0\""),
    (None, "no driver: run \"dpdk-devbind.py --bind=vfio-pci 0000:02:01.0\""),
    ("vfio-pci", "bound to vfio-pci, yet no driver of DPDK took it"),
])
def test_device_with_the_wrong_driver_is_named(refused, tmp_path, allow, driver, text):
    device = tmp_path / "devices/0000:02:01.0"
    device.mkdir(parents=True)
    if driver is not None:
        (device / "driver").symlink_to(f"../../drivers/{driver}")
    line = refused(*EAL, *allow, "--", PEER, SYSFS_PCI_DEVICES=str(tmp_path / "devices"))
    assert "-a 0000:02:01.0: " in line and text in line


def test_device_that_is_not_there_is_named(refused, tmp_path):
    line = refused(*EAL, "-a", "0000:02:01.0", "--", PEER, SYSFS_PCI_DEVICES=str(tmp_path))
    assert "-a 0000:02:01.0: this machine has no such PCI device" in line


def test_too_few_mbufs_says_how_many_do(refused, run):
    line = refused(*EAL, *NULLS, "--", PEER, "--nb-rxd=4096", "--nb-txd=4096")
    assert line.startswith("dpdk-testasm: --mbufs=8192: too few")
    enough = int(re.search(r"give (\d+) or more", line).group(1))
    rings = ["--nb-rxd=4096", "--nb-txd=4096"]
    assert f"give {enough} " in refused(*EAL, *NULLS, "--", PEER, *rings, f"--mbufs={enough - 1}")
    stats = run(["net_null0", "net_null1"], [PEER, *rings, f"--mbufs={enough}"])
    assert stats["mbufs"]["total"] == enough


def test_memory_too_small_for_mbufs_says_what_to_do(refused):
    line = refused(*EAL, *NULLS, "--", PEER, "--mbufs=1000000")
    assert "cannot get 1000000 mbufs" in line and "smaller --mbufs" in line


def test_workers_without_lcores_say_how_many(refused):
    line = refused("--lcores", lcores(2), *EAL, *NULLS, "--", PEER, "--workers=2")
    assert "--workers=2: needs 3 lcores, EAL has 2; give EAL -l 0-2" in line


def test_frame_longer_than_the_trunk_takes_says_how_long(refused):
    vdevs = ["--vdev", "net_null0", "--vdev", "net_memif1"]
    line = refused(*EAL, *vdevs, "--", PEER, "--max-frame=9014")
    assert "--max-frame=9014: port 1 (net_memif) takes 1514 at most" in line
