/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Queues: memory, thresholds, and what programs may ask about them. */

#include <errno.h>
#include <string.h>

#include <rte_cpuflags.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <rte_vect.h>

#include "asm82545_ethdev.h"

#define TX_RS_THRESH   32

/*
 * A ring: 16-byte aligned by the manual (§3.2.6, §3.4), and within one 64 KiB
 * block for the 82545EM, which its own size as alignment gives as well.
 */
static const struct rte_memzone *
ring_reserve(const struct rte_eth_dev *dev, const char *which, uint16_t id,
	     uint16_t nb_desc, int socket_id)
{
	size_t len = nb_desc * sizeof(struct asm82545_desc);
	const struct rte_memzone *mz;
	char name[RTE_MEMZONE_NAMESIZE];

	snprintf(name, sizeof(name), "asm82545_%s_p%u_q%u", which,
		dev->data->port_id, id);
	mz = rte_memzone_reserve_bounded(name, len, socket_id, RTE_MEMZONE_IOVA_CONTIG,
			rte_align32pow2(len), ASM82545_DMA_BOUND);
	if (mz == NULL)
		ASM82545_LOG(ERR, "no memory for %u descriptors (%s): give more hugepages",
			nb_desc, rte_strerror(rte_errno));
	else
		memset(mz->addr, 0, len);
	return mz;
}

static void
chunk_check(struct rte_mempool *pool __rte_unused, void *arg,
	    struct rte_mempool_memhdr *chunk, unsigned int i __rte_unused)
{
	bool *reachable = arg;

	if (chunk->iova == RTE_BAD_IOVA)
		*reachable = false;
}

/* The chip writes to IO addresses, which memory from outside DPDK may lack. */
static int
pool_check(struct rte_mempool *pool)
{
	bool reachable = true;

	rte_mempool_mem_iter(pool, chunk_check, &reachable);
	if (reachable)
		return 0;
	ASM82545_LOG(ERR, "pool %s has memory without an IO address: give one of hugepages",
		pool->name);
	return -EINVAL;
}

static int
socket_check(rte_iova_t iova, int socket_id)
{
	if (iova != RTE_BAD_IOVA)
		return 0;
	ASM82545_LOG(ERR, "memory of socket %d has no IO address: give a socket with hugepages",
		socket_id);
	return -EINVAL;
}

static void
rxq_free(struct asm82545_rxq *q)
{
	asm82545_rx_drain(q);
	rte_memzone_free(q->mz);
	rte_free(q->sw_ring);
	memset(q, 0, sizeof(*q));
}

/* The value of the first 8 bytes from rearm_data of a buffer as received. */
static uint64_t
rearm_word(uint16_t port_id)
{
	struct rte_mbuf m = {
		.data_off = RTE_PKTMBUF_HEADROOM,
		.nb_segs = 1,
		.port = port_id,
	};

	rte_mbuf_refcnt_set(&m, 1);
	rte_compiler_barrier();
	return *(uint64_t *)(uintptr_t)&m.rearm_data;
}

static int
rx_free_thresh(uint16_t nb_desc, const struct rte_eth_rxconf *conf, uint16_t *thresh)
{
	*thresh = conf->rx_free_thresh;
	if (*thresh == 0)
		*thresh = RTE_MIN(ASM82545_RX_FREE_THRESH, nb_desc / 4);
	if (*thresh <= nb_desc / 2)
		return 0;
	ASM82545_LOG(ERR, "rx_free_thresh %u: give 1 to %u (half of the ring), or 0",
		*thresh, nb_desc / 2);
	return -EINVAL;
}

int
asm82545_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_rxconf *conf,
		struct rte_mempool *pool)
{
	uint16_t room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
	struct asm82545_rxq *q = &asm82545_adapter(dev)->rxq;
	uint16_t thresh;
	int ret = rx_free_thresh(nb_desc, conf, &thresh);

	if (ret == 0)
		ret = pool_check(pool);
	if (ret != 0)
		return ret;
	asm82545_rxq_release(dev, id);
	q->nb_desc = nb_desc;
	q->sw_ring = rte_zmalloc_socket("asm82545_rxq", nb_desc * sizeof(q->sw_ring[0]),
			RTE_CACHE_LINE_SIZE, socket_id);
	q->mz = ring_reserve(dev, "rx", id, nb_desc, socket_id);
	ret = q->sw_ring == NULL || q->mz == NULL ? -ENOMEM :
		socket_check(q->mz->iova, socket_id);
	if (ret != 0) {
		rxq_free(q);
		return ret;
	}
	q->ring = q->mz->addr;
	q->ring_iova = q->mz->iova;
	q->bar0 = asm82545_hw(dev)->bar0;
	q->quirks = asm82545_hw(dev)->quirks;
	q->pool = pool;
	q->port_id = dev->data->port_id;
	q->rearm = rearm_word(q->port_id);
	q->free_thresh = thresh;
	q->deferred = conf->rx_deferred_start != 0;
	q->buf_len = asm82545_buf_len(room);
	dev->data->rx_queues[id] = q;
	return 0;
}

void
asm82545_rxq_release(struct rte_eth_dev *dev, uint16_t id)
{
	dev->data->rx_queues[id] = NULL;
	rxq_free(&asm82545_adapter(dev)->rxq);
}

static void
txq_free(struct asm82545_txq *q)
{
	asm82545_tx_drain(q);
	rte_memzone_free(q->mz);
	rte_free(q->rs);
	rte_free(q->sw_ring);
	memset(q, 0, sizeof(*q));
}

/*
 * RS often enough that a packet of many descriptors always finds room, and
 * reclaim as soon as two lots of descriptors are in use, while the buffers are
 * still in the cache.
 */
static int
tx_thresholds(struct asm82545_txq *q, const struct rte_eth_txconf *conf, bool emulated)
{
	uint32_t nb = q->nb_desc;

	q->rs_thresh = conf->tx_rs_thresh;
	if (q->rs_thresh == 0)
		q->rs_thresh = RTE_MIN((uint32_t)TX_RS_THRESH, nb / 4);
	q->free_thresh = conf->tx_free_thresh;
	if (q->free_thresh == 0)
		q->free_thresh = nb - 2 * q->rs_thresh;
	if (q->rs_thresh > nb / 2 || q->free_thresh > nb - ASM82545_TX_GAP) {
		ASM82545_LOG(ERR, "tx_rs_thresh %u, tx_free_thresh %u: of %u give at most %u, %u",
			q->rs_thresh, q->free_thresh, nb, nb / 2, nb - ASM82545_TX_GAP);
		return -EINVAL;
	}
	/*
	 * rs_thresh - 1 descriptors may wait for the next RS, the gap stays
	 * free, and a context and a sentinel may come on top.
	 */
	q->max_descs = nb - ASM82545_TX_GAP - (q->rs_thresh - 1) - 2;
	if (emulated)
		q->max_descs = RTE_MIN(q->max_descs, ASM82545_EMULATED_DESCS);
	return 0;
}

static int
txq_alloc(struct asm82545_txq *q, const struct rte_eth_dev *dev, uint16_t id, int socket_id)
{
	q->sw_ring = rte_zmalloc_socket("asm82545_txq", q->nb_desc * sizeof(q->sw_ring[0]),
			RTE_CACHE_LINE_SIZE, socket_id);
	q->rs = rte_zmalloc_socket("asm82545_txq", q->nb_desc * sizeof(q->rs[0]),
			RTE_CACHE_LINE_SIZE, socket_id);
	q->mz = ring_reserve(dev, "tx", id, q->nb_desc, socket_id);
	if (q->sw_ring == NULL || q->rs == NULL || q->mz == NULL)
		return -ENOMEM;
	q->ring = q->mz->addr;
	q->ring_iova = q->mz->iova;
	return 0;
}

int
asm82545_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
		unsigned int socket_id, const struct rte_eth_txconf *conf)
{
	struct asm82545_adapter *a = asm82545_adapter(dev);
	const struct asm82545_hw *hw = &a->hw;
	struct asm82545_txq *q = &a->txq;
	int ret;

	asm82545_txq_release(dev, id);
	q->nb_desc = nb_desc;
	q->nb_free = nb_desc;
	q->bar0 = hw->bar0;
	q->port_id = dev->data->port_id;
	q->deferred = conf->tx_deferred_start != 0;
	q->pad_iova = rte_malloc_virt2iova(a) + offsetof(struct asm82545_adapter, txq.pad);
	/* One limit for all descriptors, though only the first is concerned. */
	q->max_desc_len = hw->pcix ? ASM82545_PCIX_TX_LEN : ASM82545_MAX_TX_LEN;
	q->max_spread = q->max_desc_len - ASM82545_MIN_TX_LEN;
	q->tso_max = (ASM82545_PBA_TOTAL_KB - hw->rx_fifo_kb) * 1024 - ASM82545_TSO_SPARE;
	q->tso_short = !hw->emulated;
	ret = tx_thresholds(q, conf, hw->emulated);
	if (ret == 0)
		ret = txq_alloc(q, dev, id, socket_id);
	if (ret == 0)
		ret = socket_check(q->mz->iova, socket_id);
	if (ret != 0) {
		txq_free(q);
		return ret;
	}
	dev->data->tx_queues[id] = q;
	return 0;
}

void
asm82545_txq_release(struct rte_eth_dev *dev, uint16_t id)
{
	dev->data->tx_queues[id] = NULL;
	txq_free(&asm82545_adapter(dev)->txq);
}

void
asm82545_rxq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_rxq_info *info)
{
	const struct asm82545_rxq *q = dev->data->rx_queues[id];

	info->mp = q->pool;
	info->nb_desc = q->nb_desc;
	info->rx_buf_size = q->buf_len;
	info->scattered_rx = dev->data->scattered_rx;
	info->conf.rx_free_thresh = q->free_thresh;
	info->conf.rx_deferred_start = q->deferred;
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
}

void
asm82545_txq_info_get(struct rte_eth_dev *dev, uint16_t id,
		struct rte_eth_txq_info *info)
{
	const struct asm82545_txq *q = dev->data->tx_queues[id];

	info->nb_desc = q->nb_desc;
	info->conf.tx_rs_thresh = q->rs_thresh;
	info->conf.tx_free_thresh = q->free_thresh;
	info->conf.tx_deferred_start = q->deferred;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads;
}

/* Whether a frame of *mtu* can be longer than a buffer, or may be by request. */
bool
asm82545_needs_scatter(const struct rte_eth_dev *dev, uint16_t mtu)
{
	const struct asm82545_rxq *q = dev->data->rx_queues[0];
	uint32_t frame = mtu + ASM82545_L2_OVERHEAD - RTE_ETHER_CRC_LEN;

	return frame > q->buf_len ||
		(dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER);
}

#ifdef RTE_ARCH_X86

/*
 * The widest vectors, in bits, that the machine has and that
 * --force-max-simd-bitwidth lets us use. 0: none.
 */
static uint16_t
vector_width(void)
{
	uint16_t width = rte_vect_get_max_simd_bitwidth();

	if (width >= RTE_VECT_SIMD_256 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) == 1)
		return RTE_VECT_SIMD_256;
	if (width >= RTE_VECT_SIMD_128)
		return RTE_VECT_SIMD_128;
	return 0;
}

#endif

struct rx_path {
	eth_rx_burst_t burst;
	const char *info;
};

static bool
rx_offloads(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM) ||
		asm82545_uses_vlan(dev);
}

static const struct rx_path *
rx_path(const struct rte_eth_dev *dev)
{
	/* Indexed by: offloads wanted, scattered. */
	static const struct rx_path scalar[2][2] = {
		{ { asm82545_recv_pkts, "Scalar" },
		  { asm82545_recv_scattered_pkts, "Scalar Scattered" } },
		{ { asm82545_recv_offload_pkts, "Scalar Offload" },
		  { asm82545_recv_scattered_offload_pkts, "Scalar Scattered Offload" } },
	};
#ifdef RTE_ARCH_X86
	static const struct rx_path avx2 = { asm82545_recv_pkts_avx2, "Vector AVX2" };
	static const struct rx_path sse = { asm82545_recv_pkts_sse, "Vector SSE" };

	if (!rx_offloads(dev) && !dev->data->scattered_rx && vector_width() != 0)
		return vector_width() == RTE_VECT_SIMD_256 ? &avx2 : &sse;
#endif
	return &scalar[rx_offloads(dev)][dev->data->scattered_rx];
}

struct tx_path {
	eth_tx_burst_t burst;
	eth_tx_prep_t prepare;
	const char *info;
};

static const struct tx_path *
tx_path(const struct rte_eth_dev *dev)
{
	static const struct tx_path scalar = { asm82545_xmit_pkts, NULL, "Scalar" };
	static const struct tx_path offload = {
		asm82545_xmit_offload_pkts, asm82545_prep_pkts, "Scalar Offload",
	};
	uint64_t offloads = dev->data->dev_conf.txmode.offloads &
		~(RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
#ifdef RTE_ARCH_X86
	static const struct tx_path avx2 = { asm82545_xmit_pkts_avx2, NULL, "Vector AVX2" };
	static const struct tx_path sse = { asm82545_xmit_pkts_sse, NULL, "Vector SSE" };

	if (offloads == 0 && vector_width() != 0)
		return vector_width() == RTE_VECT_SIMD_256 ? &avx2 : &sse;
#endif
	return offloads != 0 ? &offload : &scalar;
}

eth_rx_burst_t
asm82545_rx_burst(const struct rte_eth_dev *dev)
{
	return rx_path(dev)->burst;
}

eth_tx_burst_t
asm82545_tx_burst(const struct rte_eth_dev *dev)
{
	return tx_path(dev)->burst;
}

void
asm82545_select_bursts(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = asm82545_rx_burst(dev);
	dev->tx_pkt_burst = asm82545_tx_burst(dev);
	dev->tx_pkt_prepare = tx_path(dev)->prepare;
}

/*
 * The queue's settings for its burst function, and that function. A running
 * port changes over at the poller's next burst: both functions leave the queue
 * as the other one expects it.
 */
void
asm82545_rx_configure(struct rte_eth_dev *dev)
{
	uint64_t offloads = dev->data->dev_conf.rxmode.offloads;
	struct asm82545_rxq *q = dev->data->nb_rx_queues != 0 ?
		dev->data->rx_queues[0] : NULL;

	if (q == NULL)
		return;
	q->max_len = dev->data->mtu + RTE_ETHER_HDR_LEN;
	q->tpid = rte_cpu_to_be_16(asm82545_adapter(dev)->tpid);
	q->csum = (offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM) != 0;
	q->vlan_strip = (offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	asm82545_select_bursts(dev);
	if (dev->data->dev_started)
		rte_eth_fp_ops[dev->data->port_id].rx_pkt_burst = dev->rx_pkt_burst;
}

int
asm82545_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
		struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s", rx_path(dev)->info);
	return 0;
}

int
asm82545_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t id __rte_unused,
		struct rte_eth_burst_mode *mode)
{
	snprintf(mode->info, sizeof(mode->info), "%s", tx_path(dev)->info);
	return 0;
}

int
asm82545_tx_done_cleanup(void *txq, uint32_t nb_pkts)
{
	return asm82545_tx_cleanup(txq, nb_pkts);
}

asm82545_queue_count_t
asm82545_rx_queue_count(void *rxq)
{
	return asm82545_rx_count(rxq);
}

int
asm82545_rx_descriptor_status(void *rxq, uint16_t offset)
{
	static const int status[] = {
		[ASM82545_RX_POSTED] = RTE_ETH_RX_DESC_AVAIL,
		[ASM82545_RX_DONE] = RTE_ETH_RX_DESC_DONE,
		[ASM82545_RX_HOLE] = RTE_ETH_RX_DESC_UNAVAIL,
	};
	const struct asm82545_rxq *q = rxq;

	if (offset >= q->nb_desc)
		return -EINVAL;
	return status[asm82545_rx_slot_state(q, offset)];
}

int
asm82545_tx_descriptor_status(void *txq, uint16_t offset)
{
	const struct asm82545_txq *q = txq;
	uint32_t slot = q->tail + offset;

	if (offset >= q->nb_desc)
		return -EINVAL;
	if (slot >= q->nb_desc)
		slot -= q->nb_desc;
	return asm82545_tx_slot_done(q, slot) ?
		RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}
