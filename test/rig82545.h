/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RIG82545_H
#define RIG82545_H

/*
 * A test rig: the driver's hot files, one queue each way, on a model of the
 * chip. The driver's register accesses go to the model, and its waits take no
 * time but the model's. What the chip touches is checked: rings, buffers of
 * the rig's pool, and memory made known with rig_allow().
 */

#include "asm82545.h"
#include "model82545.h"
#include "test.h"
#include "tracked_pool.h"

#define RIG_MAX_FRAME 16384

/** Zero: as a port has it by default. */
struct rig_conf {
	enum model82545_kind kind;
	uint16_t nb_rxd;
	uint16_t nb_txd;
	uint16_t rx_free_thresh;
	uint16_t rs_thresh;
	uint16_t tx_free_thresh;
	uint16_t mtu;
	uint16_t room;      /* of an mbuf behind the headroom */
	uint32_t nb_mbufs;
	uint32_t rctl;      /* bits on top of the usual ones */
	bool pcix;
	bool rx_csum;
	bool vlan;          /* CTRL.VME */
	bool vlan_strip;
};

/** A frame that the chip sent. */
struct rig_frame {
	struct rig_frame *next;
	uint32_t len;
	uint8_t data[];
};

struct rig {
	struct rig_conf conf;
	struct model82545 *m;
	struct asm82545_hw hw;
	struct asm82545_hw_conf hw_conf; /* of the next rig_start() */
	struct asm82545_fc_conf fc;
	struct asm82545_filters filters;
	struct asm82545_rxq *rxq;
	struct asm82545_txq *txq;
	struct rte_mempool *pool;
	struct rte_mempool *other; /* a second pool, to send from, or NULL */
	struct rig_frame *sent, *sent_last;
	uint32_t nb_sent;
	uint32_t nb_rdt, nb_tdt; /* writes of the tails */
	struct {
		uintptr_t base;
		size_t len;
	} regions[16];
	uint32_t nb_regions;
	struct rig *next_rig;
};

/** Chip without queues, not initialised. */
struct rig *rig_chip(enum model82545_kind kind);

/** Chip and queues, started, link up. */
struct rig *rig_new(const struct rig_conf *conf);

/** Make the chip's pool, of conf.nb_mbufs with conf.room each. */
void rig_pool(struct rig *r);

/** Start, after rig_stop() as well. Returns what the driver does. */
int rig_start(struct rig *r);
void rig_stop(struct rig *r);

/** Checks that no rule was broken. */
void rig_check(const struct rig *r);

/** The same, and that all mbufs are in the pool. */
void rig_free(struct rig *r);

/** The chip may read and write there. */
void rig_allow(struct rig *r, const void *base, size_t len);

/** The oldest frame sent, to be freed; NULL: none. */
struct rig_frame *rig_sent(struct rig *r);

/** Fill with bytes that depend on all of *seed*, and compare with them. */
void rig_pattern(uint8_t *data, uint32_t len, uint32_t seed);

/** A frame of *len* bytes to the station, of pattern *seed*. */
void rig_make_frame(const struct rig *r, uint8_t *data, uint32_t len, uint32_t seed);

/** Make the second pool, like the first. */
void rig_other_pool(struct rig *r);

/** An mbuf, or a chain of *nb_segs*, with such a frame. */
struct rte_mbuf *rig_make_mbuf(struct rig *r, uint32_t len, uint32_t nb_segs,
		uint32_t seed);

/** The same of any pool. */
struct rte_mbuf *rig_make_mbuf_of(struct rig *r, struct rte_mempool *pool, uint32_t len,
		uint32_t nb_segs, uint32_t seed);

/** Copy out; the chain must be consistent. Returns the length. */
uint32_t rig_mbuf_bytes(const struct rte_mbuf *m, uint8_t *data);

/** Deterministic random number below *n*. */
uint32_t rig_random(uint32_t n);

#endif /* RIG82545_H */
