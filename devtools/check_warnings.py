#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The asm82545 Authors
"""Warnings of gcc and clang over every C file of ours, with the flags of the builds.

usage: devtools/check_warnings.py CLEAN_FILE BUILD_DIR...

A file's flags are those of the first BUILD_DIR that compiles it; what none of them does
(fuzzers, programs of the lab) gets those of the unit tests. Only what is said of files that
git tracks counts, not of DPDK's headers. Prints that, and the number of files at the end.
CLEAN_FILE remembers of what contents nothing was said."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
COMPILERS = {
    'gcc': ['-Wall', '-Wextra'],
    'clang': ['-Wall', '-Wextra', '-Wno-unknown-warning-option'],
}
TEMPLATE = 'test/test_main.c'
SAID = re.compile(r'^(.+?):\d+:\d+: (warning|error|fatal error): ')


def tracked():
    """The C files and headers that git tracks."""
    names = subprocess.run(['git', '-C', ROOT, 'ls-files', '*.c', '*.h'], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    return {name for name in names if os.path.exists(os.path.join(ROOT, name))}


def ours(path, directory):
    """The name from the top of a path that a compiler used, links resolved."""
    return os.path.relpath(os.path.realpath(os.path.join(directory, path)), ROOT)


def flags_of(command):
    """What is left of a compilation without compiler, source, output and -Werror."""
    words = iter(shlex.split(command))
    flags = []
    for word in words:
        if word in ('-o', '-MF', '-MQ'):
            next(words)
        elif word.startswith('-') and word not in ('-c', '-MD', '-Werror'):
            flags.append(word)
            if word == '-include':
                flags.append(next(words))
    return flags


def compilations(builds, sources):
    """The directory and the flags of each source."""
    found = {}
    for build in builds:
        with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as file:
            for entry in json.load(file):
                name = ours(entry['file'], entry['directory'])
                if name in sources:
                    found.setdefault(name, (entry['directory'], flags_of(entry['command'])))
    for name in sources - found.keys():
        directory, flags = found[TEMPLATE]
        found[name] = directory, flags + ['-I' + os.path.join(ROOT, 'drivers/common/assembler')]
    return found


def check(compiler, name, directory, flags, mine):
    """The lines that a compiler says of files of ours."""
    run = subprocess.run([compiler, '-fsyntax-only', *COMPILERS[compiler], *flags,
                          '-O0', '-fdiagnostics-color=never', os.path.join(ROOT, name)],
                         cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, check=False)
    said = set()
    for line in run.stdout.splitlines():
        match = SAID.match(line)
        if match and ours(match[1], directory) in mine:
            said.add(f'{compiler}: {ours(match[1], directory)}{line[len(match[1]):]}')
    if run.returncode != 0 and not said:
        said.add(f'{compiler}: {name}: {run.stdout.strip()[:400]}')
    return said


def digest(*words):
    """Of texts, whichever directory this tree is in."""
    return hashlib.sha256('\0'.join(words).replace(ROOT, '').encode()).hexdigest()


def keyed_jobs(builds, mine):
    """The arguments of each check() by what its result depends on, DPDK's headers apart."""
    content = {name: pathlib.Path(ROOT, name).read_text(encoding='utf-8') for name in mine}
    common = digest(pathlib.Path(__file__).read_text(encoding='utf-8'),
                    *(content[name] for name in sorted(mine) if name.endswith('.h')))
    found = compilations(builds, {name for name in mine if name.endswith('.c')})
    return {digest(common, compiler, name, content[name], *flags):
            (compiler, name, directory, flags, mine)
            for name, (directory, flags) in sorted(found.items()) for compiler in COMPILERS}


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    clean = pathlib.Path(sys.argv[1])
    known = set(clean.read_text(encoding='utf-8').split()) if clean.exists() else set()
    jobs = keyed_jobs(sys.argv[2:], tracked())
    new = [key for key in jobs if key not in known]
    said = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(new, pool.map(lambda key: check(*jobs[key]), new)))
    said.update(*results.values())
    clean.write_text('\n'.join(key for key in jobs if not results.get(key)) + '\n',
                     encoding='utf-8')
    print(*sorted(said), sep='\n', end='\n' if said else '')
    print(f'{len(jobs) // len(COMPILERS)} files, {" and ".join(COMPILERS)}, '
          f'{len(new)} runs for what has changed: {len(said)} warnings')
    sys.exit(1 if said else 0)


if __name__ == '__main__':
    main()
