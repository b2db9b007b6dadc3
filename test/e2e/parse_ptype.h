/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * For an example that wants packet types of the NIC, which the 82545 does not
 * tell: they are taken from the headers of each packet received.
 */

#include <rte_ethdev.h>
#include <rte_net.h>

static inline uint16_t
rx_burst_with_ptypes(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	uint16_t nb = rte_eth_rx_burst(port, queue, pkts, nb_pkts), i;

	for (i = 0; i < nb; i++)
		pkts[i]->packet_type = rte_net_get_ptype(pkts[i], NULL, RTE_PTYPE_ALL_MASK);
	return nb;
}

#define rte_eth_rx_burst rx_burst_with_ptypes
