/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_pci.h>
#include <rte_string_fns.h>

#include "testasm.h"

/* Kernel drivers that leave a device to user space. */
static const char *const user_drivers[] = { "vfio-pci", "uio_pci_generic", "igb_uio" };

static bool
has_arg(int argc, char **argv, const char *name)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

void
explain_eal(int argc, char **argv, int err)
{
	/* What EAL answers without usable hugepages (EACCES) and with too few (ENOMEM). */
	if ((err == EACCES || err == ENOMEM) && !has_arg(argc, argv, "--no-huge"))
		testasm_error("EAL got no hugepages: \"dpdk-hugepages.py --setup 512M\" as "
			"root sets some aside (--no-huge -m 512 does without, for --vdev ports "
			"only)");
	else
		testasm_error("EAL did not start%s%s: its messages above say why",
			err != 0 ? ", " : "", err != 0 ? rte_strerror(err) : "");
}

/* The value of an allow option of EAL at argv[*i]: -aBDF, -a BDF, --allow=BDF, --allow BDF. */
static const char *
allow_value(int argc, char **argv, int *i)
{
	static const char *const names[] = { "--allow", "-a" };
	unsigned int n;

	for (n = 0; n < RTE_DIM(names); n++) {
		size_t len = strlen(names[n]);
		const char *rest = argv[*i] + len;

		if (strncmp(argv[*i], names[n], len) != 0)
			continue;
		if (*rest != '\0')
			return *rest == '=' ? rest + 1 : rest;
		return *i + 1 < argc ? argv[++*i] : NULL;
	}
	return NULL;
}

/* Store the kernel driver that has the device, "" for none; false: no such device. */
static bool
kernel_driver(const char *bdf, char *driver, size_t size)
{
	/* The variable that the PCI bus of DPDK looks at too. */
	const char *root = getenv("SYSFS_PCI_DEVICES");
	char target[PATH_MAX];
	char path[PATH_MAX];
	ssize_t len;

	driver[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : "/sys/bus/pci/devices", bdf);
	if (access(path, F_OK) != 0)
		return false;
	strlcat(path, "/driver", sizeof(path));
	len = readlink(path, target, sizeof(target) - 1);
	if (len > 0) {
		target[len] = '\0';
		strlcpy(driver, basename(target), size);
	}
	return true;
}

static bool
is_user_driver(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(user_drivers); i++)
		if (strcmp(user_drivers[i], name) == 0)
			return true;
	return false;
}

/* Say why an allowed device is no port; false: it is one, or it is not of PCI. */
static bool
explain_device(const char *allowed)
{
	char bdf[PCI_PRI_STR_SIZE];
	struct rte_pci_addr addr;
	char name[sizeof(bdf)];
	uint16_t port;
	char driver[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(allowed, ","), allowed);
	if (rte_pci_addr_parse(name, &addr) != 0)
		return false;
	rte_pci_device_name(&addr, bdf, sizeof(bdf));
	if (rte_eth_dev_get_port_by_name(bdf, &port) == 0)
		return false;
	if (!kernel_driver(bdf, driver, sizeof(driver)))
		testasm_error("-a %s: this machine has no such PCI device; "
			"\"dpdk-devbind.py --status-dev net\" lists them", bdf);
	else if (driver[0] == '\0')
		testasm_error("-a %s: the device is bound to no driver: run "
			"\"dpdk-devbind.py --bind=vfio-pci %s\" as root", bdf, bdf);
	else if (!is_user_driver(driver))
		testasm_error("-a %s: the device is bound to the kernel's %s: run "
			"\"dpdk-devbind.py --bind=vfio-pci %s\" as root", bdf, driver, bdf);
	else
		testasm_error("-a %s: the device is bound to %s, yet no driver of DPDK took it: "
			"EAL's messages above say why (-d loads a driver that is a plugin)",
			bdf, driver);
	return true;
}

void
explain_port(int argc, char **argv, const char *option, uint32_t port)
{
	uint16_t nb = rte_eth_dev_count_avail();
	int i;

	for (i = 1; i < argc; i++) {
		const char *allowed = allow_value(argc, argv, &i);

		if (allowed != NULL && explain_device(allowed))
			return;
	}
	testasm_error("%s=%" PRIu32 ": no such port, EAL found %" PRIu16 "; give two with -a BDF "
		"(after \"dpdk-devbind.py --bind=vfio-pci BDF\") or --vdev", option, port, nb);
}

/* What keeps most of the packets out of frames, in words; NULL: nothing does. */
static const char *
bypass_reason(const struct rte_assembler_stats *a)
{
	static const char *const words[RTE_ASSEMBLER_BYPASS_MAX] = {
		[RTE_ASSEMBLER_BYPASS_LARGE] = "they are longer than max-pkt",
		[RTE_ASSEMBLER_BYPASS_FEW] = "fewer than min-count come within the hold time; a "
			"longer hold-us would let more share a frame",
		[RTE_ASSEMBLER_BYPASS_RESERVED] = "they are link-local, which concerns the two "
			"ends of a cable only",
		[RTE_ASSEMBLER_BYPASS_PEER] = "no trunk peer answers that would unpack them",
	};
	unsigned int most = 0, i;

	for (i = 1; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		if (a->bypassed[i] > a->bypassed[most])
			most = i;
	return a->bypassed[most] > 0 ? words[most] : NULL;
}

/* What one side brings and the other one does not take as fast. */
static void
explain_waiting(const struct testasm *t, const struct testasm_stats *stats)
{
	unsigned int i;

	for (i = 0; i < FWD_SIDES; i++)
		if (stats->tx_full[i] > 0)
			printf("  What goes out of port %u (%s) had to wait %" PRIu64 " times, as "
				"its TX ring was full: port %u was not received from meanwhile, "
				"and its NIC missed %" PRIu64 ".\n", t->port[i].id,
				fwd_side_name[i], stats->tx_full[i], t->port[!i].id,
				stats->port[!i].imissed);
}

void
explain_assembling(const struct testasm *t, const struct testasm_stats *stats)
{
	const struct rte_assembler_stats *a = &stats->assembler;
	const char *reason = bypass_reason(a);
	uint64_t natively = 0;
	unsigned int i;

	for (i = 0; i < RTE_ASSEMBLER_BYPASS_MAX; i++)
		natively += a->bypassed[i];
	if (a->packets + natively == 0)
		printf("  No packet came from the access side (port %u).\n",
			t->port[FWD_ACCESS].id);
	else if (natively > a->packets)
		printf("  Most packets travel natively: %s.\n", reason);
	else if (reason != NULL)
		printf("  Of %" PRIu64 " packets %" PRIu64 " travel natively, most of them as "
			"%s.\n", a->packets + natively, natively, reason);
	explain_waiting(t, stats);
}

void
explain_peer(const struct testasm *t, const struct rte_assembler_discovery_peer *peer)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &peer->addr);
	if (peer->state == RTE_ASSEMBLER_PEER_UP)
		printf("trunk peer %s answers: it gets frames of up to %u bytes\n", mac,
			peer->max_frame);
	else if (peer->state == RTE_ASSEMBLER_PEER_SILENT)
		printf("trunk peer %s is silent%s\n", mac, t->assembler != NULL ?
			": packets travel natively until it answers" : "");
	else if (peer->state == RTE_ASSEMBLER_PEER_LEFT)
		printf("trunk peer %s has left%s\n", mac,
			t->assembler != NULL ? ": packets travel natively" : "");
	else if (t->assembler == NULL)
		printf("trunk peer %s is there: its frames are taken\n", mac);
}

void
explain_many_peers(const struct testasm *t, unsigned int nb)
{
	if (t->conf.nb_routes > 0)
		printf("%u trunk peers answer: packets to destinations without a route travel "
			"natively\n", nb);
	else
		printf("%u trunk peers answer: packets travel natively, as nothing tells which of "
			"them a destination is behind; give one with --peer, or routes\n", nb);
}

void
explain_no_peer(const struct testasm *t)
{
	printf("no gateway is heard on the trunk: packets travel natively; does one run there "
		"without --peer, and with --ethertype=%#" PRIx32 "?\n", t->conf.ether_type);
}

void
explain_other_version(void)
{
	printf("a gateway on the trunk does not speak version %u of the frames: it gets native "
		"packets\n", RTE_ASSEMBLER_VERSION);
}
