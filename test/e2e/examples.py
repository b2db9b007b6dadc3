# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""DPDK's own examples, from the tree that build.sh prepares, linked with build/prefix."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from conftest import PLUGIN, PREFIX, ROOT

TREE = ROOT / 'build/dpdk/examples'
BUILT = ROOT / 'build/examples'

# Name: where the sources are, and what else the compiler is told.
EXAMPLES = {
    'ethtool': ('ethtool/lib ethtool/ethtool-app', '-Iethtool/lib'),
    'ip_fragmentation': ('ip_fragmentation', ''),
    'ip_reassembly': ('ip_reassembly', f'-include {ROOT}/test/e2e/parse_ptype.h'),
    'l2fwd': ('l2fwd', ''),
    'l3fwd': ('l3fwd', ''),
    'l3fwd-power': ('l3fwd-power', ''),
    'link_status_interrupt': ('link_status_interrupt', ''),
    'mp_client': ('multi_process/client_server_mp/mp_client',
                  '-Imulti_process/client_server_mp/shared'),
    'mp_server': ('multi_process/client_server_mp/mp_server',
                  '-Imulti_process/client_server_mp/shared'),
    'rxtx_callbacks': ('rxtx_callbacks', ''),
    'simple_mp': ('multi_process/simple_mp', ''),
    'symmetric_mp': ('multi_process/symmetric_mp', ''),
}


def pkg_config(what):
    return subprocess.run(['pkg-config', what, 'libdpdk'], check=True, stdout=subprocess.PIPE,
                          text=True, env={**os.environ, 'PKG_CONFIG_PATH': f'{PREFIX}/lib/pkgconfig'}
                          ).stdout.split()


def compile_one(source, flags):
    result = BUILT / '_'.join(source.relative_to(TREE).with_suffix('.o').parts)
    compiler = ['ccache', 'cc'] if shutil.which('ccache') else ['cc']
    subprocess.run([*compiler, '-O1', *flags, '-c', '-o', result, source], check=True, cwd=TREE)
    return result


def build():
    """Compile and link what is not there; they change with DPDK and with EXAMPLES only."""
    BUILT.mkdir(parents=True, exist_ok=True)
    cflags = ['-DALLOW_EXPERIMENTAL_API', '-Icommon', *pkg_config('--cflags')]
    libs = [*pkg_config('--libs'), f'-Wl,--disable-new-dtags,-rpath,{PREFIX}/lib', '-lm']
    with ThreadPoolExecutor(2) as pool:
        for name, (directories, flags) in EXAMPLES.items():
            if newer(BUILT / name, __file__, TREE):
                continue
            directories = directories.split()
            flags = [*cflags, *flags.split(), *[f'-I{path}' for path in directories]]
            sources = [path for one in directories for path in sorted((TREE / one).glob('*.c'))
                       if not path.name.endswith('_route_parse.c')]  # included by others
            objects = pool.map(lambda source: compile_one(source, flags), sources)
            subprocess.run(['cc', '-o', BUILT / name, *objects, *libs], check=True)


def newer(path, *others):
    return path.exists() and all(path.stat().st_mtime > os.stat(other).st_mtime
                                 for other in others)


def start(lab, name, eal, *options):
    return lab.start(['stdbuf', '-oL', BUILT / name, '-d', PLUGIN, *eal.split(), '--', *options])
