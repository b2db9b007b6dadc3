/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_H
#define ASM82545_H

/*
 * Types of the driver, and prototypes grouped under the file that defines
 * them. Public DPDK headers only: what needs the driver SDK is declared in
 * asm82545_ethdev.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_spinlock.h>

#include "asm82545_desc.h"
#include "asm82545_mmio.h"

#define ASM82545_VENDOR_ID        0x8086
#define ASM82545_DEV_EM_COPPER    0x100F
#define ASM82545_DEV_EM_FIBER     0x1011
#define ASM82545_DEV_GM_COPPER    0x1026
#define ASM82545_DEV_GM_FIBER     0x1027
#define ASM82545_DEV_GM_SERDES    0x1028

/* §3.4: RDLEN and TDLEN count 128 bytes, so rings grow in steps of 8. */
#define ASM82545_DESC_ALIGN       8
#define ASM82545_DESC_MIN         32
#define ASM82545_DESC_MAX         4096 /* 64 KiB, see ASM82545_DMA_BOUND */
#define ASM82545_DESC_DEFAULT     512

/*
 * What the chip writes must not cross a 64 KiB line (82545EM, see
 * doc/guides/nics/datasheet_notes): rings always keep to it, receive buffers
 * where ASM82545_QUIRK_RX_64K says so.
 */
#define ASM82545_DMA_BOUND        65536

/* Of a frame beside its MTU: header, one VLAN tag, FCS. */
#define ASM82545_L2_OVERHEAD \
	(RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)
/* §13.4.22 LPE: up to 16384 with FCS; two such frames fit the packet buffer. */
#define ASM82545_MAX_MTU          16110

/* §3.3.1: 64 bytes with FCS; short frames are padded in software. */
#define ASM82545_MIN_TX_LEN       (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN)
/* §3.3.1: of one descriptor and of one packet. */
#define ASM82545_MAX_TX_LEN       16288
/* Errata, 82545 in PCI-X mode: the first descriptor stays below 2016 bytes. */
#define ASM82545_PCIX_TX_LEN      2015
/* Segments of one packet. */
#define ASM82545_MAX_TX_SEGS      40
/* Descriptors of one packet in VirtualBox. */
#define ASM82545_EMULATED_DESCS   62u
/* §3.5.2: header and one segment stay this much below the TX FIFO, bytes. */
#define ASM82545_TSO_SPARE        80
/* TDT must not catch up with TDH; two free slots keep the chip fetching. */
#define ASM82545_TX_GAP           2u

/* Deviations of some parts, from the device and subsystem ids. */
#define ASM82545_QUIRK_RX_64K     RTE_BIT32(0) /* keep to ASM82545_DMA_BOUND */
#define ASM82545_QUIRK_IO_RESET   RTE_BIT32(1) /* reset through the I/O BAR */
#define ASM82545_QUIRK_DUP_RESET  RTE_BIT32(2) /* reset through CTRL_DUP */
#define ASM82545_QUIRK_LATE_TAIL  RTE_BIT32(3) /* RDT waits for another access */

enum asm82545_media {
	ASM82545_COPPER,
	ASM82545_FIBER,
	ASM82545_SERDES,
};

/* Writes one register through the I/O BAR (IOADDR, IODATA, §4.1). */
typedef void (*asm82545_io_write_t)(void *io, uint32_t offset, uint32_t val);

/* The chip. */
struct asm82545_hw {
	volatile void *bar0;
	asm82545_io_write_t io_write; /* NULL: no live I/O BAR */
	void *io;
	uint16_t device_id;
	uint16_t subsystem_vendor_id;
	enum asm82545_media media;
	uint32_t quirks;    /* ASM82545_QUIRK_* */
	bool emulated;      /* by QEMU, VirtualBox or VMware */
	uint32_t rctl;      /* last written: emulators stop reception for 1 s */
	uint64_t rctl_tsc;  /* when */
	uint16_t rx_fifo_kb; /* of the packet buffer, the rest is for sending */
	bool pcix;
	rte_spinlock_t mdic_lock;
	rte_spinlock_t ctrl_lock; /* asm82545_hw_update_ctrl() */
	struct rte_ether_addr mac; /* permanent address */
};

#define ASM82545_MAX_MACS         64 /* ASM82545_NB_RAR exactly, the rest by hash */

/* Receive filters as they are to be; see asm82545_filter.c. */
struct asm82545_filters {
	struct rte_ether_addr macs[ASM82545_MAX_MACS]; /* zero: none */
	uint32_t mc[ASM82545_NB_MTA];   /* hash bits of the multicast list */
	uint32_t vfta[ASM82545_NB_VFTA];
};

/* Pause frames that are honoured (RX) and sent (TX). */
enum asm82545_fc {
	ASM82545_FC_NONE = 0,
	ASM82545_FC_RX = 1,
	ASM82545_FC_TX = 2,
	ASM82545_FC_FULL = 3,
};

struct asm82545_fc_conf {
	enum asm82545_fc mode;
	bool autoneg;        /* mode is what to negotiate for, else it is forced */
	bool send_xon;
	bool pass_control;   /* MAC control frames reach the program */
	uint16_t pause_time; /* of 512 bit times */
	uint16_t high_water; /* bytes of the receive FIFO, a multiple of 8 */
	uint16_t low_water;
};

struct asm82545_link_conf {
	uint16_t advertise;      /* ASM82545_ANA_10HD and so on */
	uint16_t advertise_1000; /* ASM82545_GCON_1000FD or 0 */
	uint16_t fc_advertise;   /* ASM82545_ANA_PAUSE, ASM82545_ANA_ASM_DIR */
	uint16_t forced_speed;   /* 10, 100 or (fiber) 1000 Mb/s; 0: negotiate */
	bool forced_full_duplex;
	bool loopback;
	bool vlan;               /* strip tags, insert them on request */
};

/* What asm82545_hw_start() is to set up. */
struct asm82545_hw_conf {
	struct asm82545_link_conf link;
	const struct asm82545_fc_conf *fc;
	const struct asm82545_filters *filters;
	uint64_t rx_iova;
	uint64_t tx_iova;
	uint16_t nb_rxd;
	uint16_t nb_txd;
	uint16_t itr;  /* least time between interrupts, of 256 ns */
	uint16_t tpid; /* EtherType of VLAN tags */
	bool rx_csum;
	bool tx_on;    /* else asm82545_hw_start_tx() comes later */
};

/* Snapshot of STATUS. */
struct asm82545_link {
	uint32_t speed; /* Mb/s */
	bool up;
	bool full_duplex;
};

/* Statistics registers, see asm82545_stats.c. */
struct asm82545_counter {
	const char *name;  /* of the extended statistic */
	uint16_t low;      /* offset, or of the low half */
	uint16_t high;     /* offset of the high half, 0: a 32-bit counter */
};
/* §13.7, by the manual's names, in the order of their offsets. */
enum asm82545_counter_id {
	ASM82545_CRCERRS,
	ASM82545_ALGNERRC,
	ASM82545_SYMERRS,
	ASM82545_RXERRC,
	ASM82545_MPC,
	ASM82545_SCC,
	ASM82545_ECOL,
	ASM82545_MCC,
	ASM82545_LATECOL,
	ASM82545_COLC,
	ASM82545_DC,
	ASM82545_TNCRS,
	ASM82545_SEC,
	ASM82545_CEXTERR,
	ASM82545_RLEC,
	ASM82545_XONRXC,
	ASM82545_XONTXC,
	ASM82545_XOFFRXC,
	ASM82545_XOFFTXC,
	ASM82545_FCRUC,
	ASM82545_PRC64,
	ASM82545_PRC127,
	ASM82545_PRC255,
	ASM82545_PRC511,
	ASM82545_PRC1023,
	ASM82545_PRC1522,
	ASM82545_GPRC,
	ASM82545_BPRC,
	ASM82545_MPRC,
	ASM82545_GPTC,
	ASM82545_GORC,
	ASM82545_GOTC,
	ASM82545_RNBC,
	ASM82545_RUC,
	ASM82545_RFC,
	ASM82545_ROC,
	ASM82545_RJC,
	ASM82545_MGTPRC,
	ASM82545_MGTPDC,
	ASM82545_MGTPTC,
	ASM82545_TOR,
	ASM82545_TOT,
	ASM82545_TPR,
	ASM82545_TPT,
	ASM82545_PTC64,
	ASM82545_PTC127,
	ASM82545_PTC255,
	ASM82545_PTC511,
	ASM82545_PTC1023,
	ASM82545_PTC1522,
	ASM82545_MPTC,
	ASM82545_BPTC,
	ASM82545_TSCTC,
	ASM82545_TSCTFC,
	ASM82545_NB_COUNTERS
};

/* How a counter was seen to behave when read. */
enum asm82545_counter_mode {
	ASM82545_COUNTER_UNKNOWN,
	ASM82545_COUNTER_CLEARS,  /* as §13.7 says */
	ASM82545_COUNTER_RUNS,    /* keeps its value: an emulator's, or octets */
};

struct asm82545_stats {
	uint64_t sum[ASM82545_NB_COUNTERS];
	uint32_t last[ASM82545_NB_COUNTERS]; /* of counters that run */
	uint8_t mode[ASM82545_NB_COUNTERS];  /* enum asm82545_counter_mode */
	bool in_reset; /* octets are not to be read now */
};

/* The part of them that every port reports. */
struct asm82545_basic_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes; /* without FCS */
	uint64_t rx_missed;
	uint64_t rx_errors;
	uint64_t tx_packets;
	uint64_t tx_bytes; /* without FCS */
	uint64_t tx_errors;
};

/* Received buffers are replaced so many at a time by default. */
#define ASM82545_RX_FREE_THRESH 64

struct asm82545_rxq {
	/* Set at queue setup, then read-only. */
	struct asm82545_desc *ring;
	struct rte_mbuf **sw_ring; /* the buffer of each descriptor */
	volatile void *bar0;
	struct rte_mempool *pool;
	uint64_t rearm;       /* rearm_data of a received buffer */
	uint64_t ring_iova;
	uint32_t nb_desc;
	uint32_t free_thresh; /* descriptors refilled at a time */
	uint32_t quirks;
	uint16_t buf_len;     /* what the chip writes to one buffer, bytes */
	uint16_t port_id;
	bool deferred;        /* the program starts the queue, not the port */
	const struct rte_memzone *mz;

	/* Set at start, by an MTU change or a VLAN setting. */
	uint32_t max_len; /* of an untagged frame, bytes without FCS */
	uint16_t tpid;    /* EtherType of a VLAN tag, big endian */
	bool csum;        /* report checksums */
	bool vlan_strip;  /* report stripped tags, else put them back */

	/* Written by the polling lcore only. */
	uint32_t next __rte_cache_aligned; /* to inspect */
	uint32_t fill;           /* to refill */
	uint32_t row_left;       /* slots to inspect before asm82545_rx_row_start() */
	uint32_t posted;         /* what the chip's tail is */
	uint32_t nb_late;        /* posted since a read, ASM82545_QUIRK_LATE_TAIL */
	bool filled;             /* asm82545_rx_fill() to asm82545_rx_drain() */
	bool skip;               /* inside a frame that is being dropped */
	struct rte_mbuf *first;  /* frame in the making, scattered reception */
	struct rte_mbuf **link;  /* where its next segment goes */
	uint32_t frame_len;      /* of what there is of it, bytes */
	uint32_t frame_segs;
	struct rte_mbuf *straddling; /* buffers set aside, ASM82545_QUIRK_RX_64K */
	uint64_t nb_straddling;
	uint64_t nb_oversize;    /* frames longer than max_len, dropped */
	uint64_t oversize_bytes; /* of them */
	uint64_t nb_damaged;     /* frames with error bits, dropped */
	uint64_t nb_no_mbuf;     /* refills that found the pool empty */
};

/* Of a receive descriptor. */
enum asm82545_rx_state {
	ASM82545_RX_POSTED, /* the chip's */
	ASM82545_RX_DONE,   /* has a frame that was not received yet */
	ASM82545_RX_HOLE,   /* without a buffer */
};

/* A slot with RS: its DD completes all slots since the one before. */
struct asm82545_tx_rs {
	struct rte_mempool *pool; /* of all mbufs in them; NULL: look at each */
	uint32_t slot;
};

struct asm82545_txq {
	/* Set at queue setup, then read-only. */
	struct asm82545_desc *ring;
	struct rte_mbuf **sw_ring; /* segment that ends in each slot, or NULL */
	struct asm82545_tx_rs *rs; /* FIFO of nb_desc entries */
	volatile void *bar0;
	uint64_t ring_iova;
	uint64_t pad_iova;    /* of pad */
	uint32_t nb_desc;
	uint32_t rs_thresh;   /* descriptors from one RS to the next */
	uint32_t free_thresh; /* reclaim when fewer are free */
	uint32_t max_desc_len; /* of one descriptor, bytes */
	uint32_t max_spread;  /* the same above ASM82545_MIN_TX_LEN */
	uint32_t max_descs;   /* of one packet */
	uint16_t tso_max;     /* header and one segment, bytes */
	uint16_t port_id;
	bool tso_short;       /* errata of real silicon: see asm82545_tx_offload.c */
	bool deferred;        /* the program starts the queue, not the port */
	const struct rte_memzone *mz;

	/* Written by the polling lcore only. */
	uint32_t tail __rte_cache_aligned; /* next to fill */
	uint32_t nb_since_rs; /* filled or set aside since the last RS */
	struct rte_mempool *pool; /* of the mbufs since the last RS */
	uint32_t row_left;    /* slots set aside from tail on, see asm82545_tx.c */
	uint32_t nb_free;     /* neither in use nor set aside */
	uint64_t odd;         /* not 0: one of them cannot go back as it is */
	uint32_t head;        /* oldest in use */
	uint32_t rs_head;     /* oldest entry of rs */
	uint32_t rs_tail;     /* next free entry of rs */
	/* Offloads, see asm82545_tx_offload.c. */
	uint64_t plan_flags;  /* packets with these ... */
	uint16_t plan_lens;    /* ... and these header lengths ... */
	uint64_t plan_word;   /* ... have this in their descriptors */
	uint64_t ctx_flags;   /* of the packet that set the chip's context */
	uint64_t ctx_offload;
	bool after_tso;       /* the last packet was segmented */
	uint64_t nb_dropped;  /* packets that the chip cannot send */

	/* Zeros that follow short packets. */
	uint8_t pad[RTE_CACHE_LINE_MIN_SIZE] __rte_cache_aligned;
};
static_assert(RTE_CACHE_LINE_MIN_SIZE >= ASM82545_MIN_TX_LEN, "any packet can be padded");

static inline uint32_t
asm82545_rd32(const struct asm82545_hw *hw, uint32_t reg)
{
	return asm82545_mmio_read(hw->bar0, reg);
}

static inline void
asm82545_wr32(const struct asm82545_hw *hw, uint32_t reg, uint32_t val)
{
	asm82545_mmio_write(hw->bar0, reg, val);
}

/* Whether [iova, iova + len) crosses a line that the 82545EM must not. */
static inline bool
asm82545_straddles(uint64_t iova, uint32_t len)
{
	return iova / ASM82545_DMA_BOUND != (iova + len - 1) / ASM82545_DMA_BOUND;
}

/* Posted writes reach the chip before a read returns (§2.4). */
static inline void
asm82545_flush(const struct asm82545_hw *hw)
{
	(void)asm82545_rd32(hw, ASM82545_STATUS);
}

/* asm82545_hw.c: control path, one thread at a time; 0 or -errno */
int asm82545_hw_init(struct asm82545_hw *hw);
int asm82545_hw_reset(struct asm82545_hw *hw);
int asm82545_hw_start(struct asm82545_hw *hw, const struct asm82545_hw_conf *conf);
void asm82545_hw_setup_rx(const struct asm82545_hw *hw,
		const struct asm82545_hw_conf *conf);
void asm82545_hw_stop_rx(struct asm82545_hw *hw);
void asm82545_hw_start_tx(const struct asm82545_hw *hw,
		const struct asm82545_hw_conf *conf);
void asm82545_hw_stop_tx(const struct asm82545_hw *hw);
void asm82545_hw_update_ctrl(struct asm82545_hw *hw, uint32_t clear, uint32_t set);
void asm82545_hw_set_rctl(struct asm82545_hw *hw, uint32_t rctl);
bool asm82545_hw_rx_paused(const struct asm82545_hw *hw);
bool asm82545_hw_removed(const struct asm82545_hw *hw);
uint32_t asm82545_rctl_bsize(uint16_t buf_len);
uint16_t asm82545_buf_len(uint16_t room);

/* asm82545_eeprom.c */
int asm82545_eeprom_read(const struct asm82545_hw *hw, uint8_t word, uint16_t *val);
int asm82545_eeprom_write(const struct asm82545_hw *hw, uint8_t first,
		const uint16_t *data, uint8_t nb);
int asm82545_eeprom_mac(const struct asm82545_hw *hw, struct rte_ether_addr *mac);

/* asm82545_phy.c */
int asm82545_phy_read(struct asm82545_hw *hw, uint8_t reg, uint16_t *val);
int asm82545_phy_write(struct asm82545_hw *hw, uint8_t reg, uint16_t val);
int asm82545_phy_setup(struct asm82545_hw *hw,
		const struct asm82545_link_conf *conf);
int asm82545_phy_loopback(struct asm82545_hw *hw);
int asm82545_phy_power(struct asm82545_hw *hw, bool up);

/* asm82545_link.c */
int asm82545_link_setup(struct asm82545_hw *hw,
		const struct asm82545_link_conf *conf);
void asm82545_link_get(const struct asm82545_hw *hw, struct asm82545_link *link);
int asm82545_link_set(struct asm82545_hw *hw, bool up);
uint16_t asm82545_fc_advertise(enum asm82545_fc mode);
enum asm82545_fc asm82545_fc_resolve(enum asm82545_fc mode, uint16_t local,
		uint16_t partner);
int asm82545_fc_update(struct asm82545_hw *hw, const struct asm82545_fc_conf *fc);
enum asm82545_fc asm82545_fc_get(const struct asm82545_hw *hw);
void asm82545_fc_setup(const struct asm82545_hw *hw, const struct asm82545_fc_conf *fc);

/* asm82545_filter.c */
uint16_t asm82545_mta_hash(const struct rte_ether_addr *addr);
void asm82545_filter_set_rar(const struct asm82545_hw *hw, uint32_t index,
		const struct rte_ether_addr *addr);
void asm82545_filter_write(const struct asm82545_hw *hw,
		const struct asm82545_filters *f);
void asm82545_filter_set_mac(const struct asm82545_hw *hw, struct asm82545_filters *f,
		uint32_t index, const struct rte_ether_addr *addr);
void asm82545_filter_set_mc(const struct asm82545_hw *hw, struct asm82545_filters *f,
		const struct rte_ether_addr *addrs, uint32_t nb);
void asm82545_filter_set_vlan(const struct asm82545_hw *hw, struct asm82545_filters *f,
		uint16_t vid, bool on);

/* asm82545_rx.c: one lcore at a time per queue */
uint16_t asm82545_recv_pkts(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t asm82545_recv_scattered_pkts(void *rxq, struct rte_mbuf **pkts,
		uint16_t nb_pkts);
uint16_t asm82545_recv_offload_pkts(void *rxq, struct rte_mbuf **pkts,
		uint16_t nb_pkts);
uint16_t asm82545_recv_scattered_offload_pkts(void *rxq, struct rte_mbuf **pkts,
		uint16_t nb_pkts);
uint16_t asm82545_recv_pkts_sse(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t asm82545_recv_pkts_avx2(void *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts);
int asm82545_rx_fill(struct asm82545_rxq *q);
void asm82545_rx_post(struct asm82545_rxq *q);
void asm82545_rx_drain(struct asm82545_rxq *q);
uint32_t asm82545_rx_count(const struct asm82545_rxq *q);
enum asm82545_rx_state asm82545_rx_slot_state(const struct asm82545_rxq *q,
		uint32_t offset);

/* asm82545_tx.c: one lcore at a time per queue */
uint16_t asm82545_xmit_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t asm82545_xmit_pkts_sse(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t asm82545_xmit_pkts_avx2(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts);
uint16_t asm82545_xmit_offload_pkts(void *txq, struct rte_mbuf **pkts,
		uint16_t nb_pkts);
uint32_t asm82545_tx_reclaim(struct asm82545_txq *q);
uint32_t asm82545_tx_cleanup(struct asm82545_txq *q, uint32_t nb_pkts);
void asm82545_tx_drain(struct asm82545_txq *q);
bool asm82545_tx_slot_done(const struct asm82545_txq *q, uint16_t slot);

/* asm82545_tx_offload.c: one lcore at a time per queue */
uint16_t asm82545_prep_pkts(void *txq, struct rte_mbuf **pkts, uint16_t nb_pkts);

/* asm82545_stats.c */
extern const struct asm82545_counter asm82545_counters[ASM82545_NB_COUNTERS];
void asm82545_stats_start(const struct asm82545_hw *hw, struct asm82545_stats *s);
void asm82545_stats_update(const struct asm82545_hw *hw, struct asm82545_stats *s);
void asm82545_stats_before_reset(const struct asm82545_hw *hw, struct asm82545_stats *s);
void asm82545_stats_after_reset(const struct asm82545_hw *hw, struct asm82545_stats *s);
void asm82545_stats_basic(const struct asm82545_stats *s,
		struct asm82545_basic_stats *basic);

#endif /* ASM82545_H */
