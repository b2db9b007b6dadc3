/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RIG_PATHS_H
#define RIG_PATHS_H

/* Every burst function of the driver that this machine can run. */

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;

typedef uint16_t (*rig_burst_t)(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts);

struct rig_rx_path {
	const char *name;
	rig_burst_t recv;
	bool scattered;
	bool offload;
};

struct rig_tx_path {
	const char *name;
	rig_burst_t xmit;
	bool offload;
};

extern const struct rig_rx_path rig_rx_paths[];
extern const struct rig_tx_path rig_tx_paths[];

/** How many there are; the plain ones, without vectors, come first. */
uint32_t rig_nb_rx_paths(void);
uint32_t rig_nb_tx_paths(void);

/** Scattered reception. */
const struct rig_rx_path *rig_rx_path_scattered(void);

#endif /* RIG_PATHS_H */
