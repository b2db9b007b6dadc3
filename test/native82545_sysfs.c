/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What the EAL reads of a PCI device that uio_pci_generic has: a directory in
 * SYSFS_PCI_DEVICES, /sys/class/uio/uioN/device/config, and /dev/uioN. All of it
 * is in a mount namespace of this process, and gone with it.
 */

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native82545_private.h"

#define TREE     "/sys/class/native82545"
#define OLD_DEV  "/sys/class/dev"
#define BAR_ADDR 0xFEB00000u
#define IORESOURCE_MEM 0x200
#define PCI_COMMAND 4 /* offset in the configuration space */

static int
write_file(const char *dir, const char *name, const char *text, size_t len)
{
	char path[128];
	ssize_t written;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0644);
	if (fd < 0)
		return -errno;
	written = write(fd, text, len);
	close(fd);
	return written == (ssize_t)len ? 0 : -EIO;
}

/* /dev with its old entries, and room for more. */
static int
dev_begin(void)
{
	char old[300], new[300];
	struct dirent *e;
	DIR *dir;

	if (mkdir(OLD_DEV, 0755) != 0 ||
			mount("/dev", OLD_DEV, NULL, MS_BIND | MS_REC, NULL) != 0 ||
			mount("native82545", "/dev", "tmpfs", 0, NULL) != 0)
		return -errno;
	dir = opendir(OLD_DEV);
	if (dir == NULL)
		return -errno;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(old, sizeof(old), OLD_DEV "/%s", e->d_name);
		snprintf(new, sizeof(new), "/dev/%s", e->d_name);
		if (symlink(old, new) != 0) {
			closedir(dir);
			return -errno;
		}
	}
	closedir(dir);
	return 0;
}

int
native82545_sysfs_begin(void)
{
	if (unshare(CLONE_NEWNS) != 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
			mount("native82545", "/sys/class", "tmpfs", 0, NULL) != 0 ||
			mkdir(TREE, 0755) != 0 || mkdir("/sys/class/uio", 0755) != 0 ||
			setenv("SYSFS_PCI_DEVICES", TREE, 1) != 0)
		return -errno;
	return dev_begin();
}

static int
attributes(const char *dir, unsigned int index)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "vendor", "0x8086\n" }, { "device", "0x100f\n" },
		{ "subsystem_vendor", "0x8086\n" }, { "subsystem_device", "0x1001\n" },
		{ "class", "0x020000\n" }, { "numa_node", "0\n" },
	};
	uint32_t start = BAR_ADDR + index * NATIVE82545_REGS_SIZE;
	char text[7 * 64];
	int len, ret = 0;
	size_t i;

	for (i = 0; i < RTE_DIM(files) && ret == 0; i++)
		ret = write_file(dir, files[i].name, files[i].text, strlen(files[i].text));
	if (ret != 0)
		return ret;
	/* One line for each BAR, and the ROM. */
	len = snprintf(text, sizeof(text), "%#018x %#018x %#018x\n", start,
		start + NATIVE82545_REGS_SIZE - 1, IORESOURCE_MEM);
	for (i = 1; i < 7; i++)
		len += snprintf(text + len, sizeof(text) - len, "%#018x %#018x %#018x\n", 0, 0, 0);
	return write_file(dir, "resource", text, len);
}

/* Bus mastering is on, capabilities there are none. */
static int
config(const char *dir)
{
	uint8_t space[256] = { 0x86, 0x80, 0x0F, 0x10, [PCI_COMMAND] = 0x06 };

	return write_file(dir, "config", (const char *)space, sizeof(space));
}

/* Empty: the first access of the driver is seen, see native82545_trap.c. */
static int
resource(struct native82545 *d, const char *dir)
{
	snprintf(d->path, sizeof(d->path), "%s/resource0", dir);
	d->resource = open(d->path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (d->resource < 0)
		return -errno;
	d->page = mmap(NULL, NATIVE82545_REGS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			d->resource, 0);
	return d->page == MAP_FAILED ? -errno : 0;
}

static int
uio(struct native82545 *d, const char *dir, unsigned int index)
{
	char path[64], name[80];

	snprintf(path, sizeof(path), "%s/uio", dir);
	snprintf(name, sizeof(name), "%s/uio/uio%u", dir, index);
	if (mkdir(path, 0755) != 0 || mkdir(name, 0755) != 0)
		return -errno;
	snprintf(path, sizeof(path), "/sys/class/uio/uio%u", index);
	snprintf(name, sizeof(name), "%s/device", path);
	if (mkdir(path, 0755) != 0 || symlink(dir, name) != 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/uio%u", index);
	if ((unlink(path) != 0 && errno != ENOENT) || mkfifo(path, 0600) != 0)
		return -errno;
	d->irq = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return d->irq < 0 ? -errno : 0;
}

int
native82545_sysfs(struct native82545 *d, unsigned int index)
{
	char dir[48], name[64];
	int ret;

	snprintf(dir, sizeof(dir), TREE "/0000:02:%02x.0", index + 1);
	snprintf(name, sizeof(name), "%s/driver", dir);
	if (mkdir(dir, 0755) != 0 || symlink("../uio_pci_generic", name) != 0)
		return -errno;
	ret = attributes(dir, index);
	if (ret == 0)
		ret = config(dir);
	if (ret == 0)
		ret = resource(d, dir);
	return ret != 0 ? ret : uio(d, dir, index);
}
