/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Prints which driver took each port. The test links it statically. */

#include <stdio.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

int
main(int argc, char **argv)
{
	uint16_t port;

	if (rte_eal_init(argc, argv) < 0)
		return 1;
	RTE_ETH_FOREACH_DEV(port) {
		struct rte_eth_dev_info info;

		if (rte_eth_dev_info_get(port, &info) != 0)
			return 1;
		printf("port %u: %s\n", port, info.driver_name);
	}
	return rte_eal_cleanup() != 0;
}
