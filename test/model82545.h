/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef MODEL82545_H
#define MODEL82545_H

/*
 * An 82545 in memory: registers that behave as the manual says, an EEPROM, a
 * PHY, and a DMA engine that is strict about who owns which descriptor. It
 * knows of no mbuf, port or EAL, nor who drives it. What a driver does wrong
 * is not tolerated but recorded, see *nb_faults* of struct model82545.
 *
 * Nothing happens by itself: whoever drives the model lets it transmit,
 * receive, and lets time pass.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model82545_regs.h"

#define MODEL82545_EEPROM_WORDS 64
#define MODEL82545_PHY_REGS     32
#define MODEL82545_TRACE_MAX    16384
#define MODEL82545_FCS_LEN      4

enum model82545_kind {
	MODEL82545_EM_COPPER,
	MODEL82545_GM_COPPER,
	MODEL82545_FIBER,
	MODEL82545_QEMU, /* its e1000-82545em, with what differs from silicon */
};

enum model82545_dir {
	MODEL82545_RX,
	MODEL82545_TX,
};

/* Surroundings of the chip. Members that are NULL are not called. */
struct model82545_ops {
	/** Memory at a bus address; NULL: there is none. Default: the address itself. */
	void *(*mem)(void *ctx, uint64_t iova, uint32_t len);
	/** The chip took over a buffer, and gave it back. */
	void (*posted)(void *ctx, enum model82545_dir dir, uint64_t iova, uint32_t len);
	void (*returned)(void *ctx, enum model82545_dir dir, uint64_t iova, uint32_t len);
	/** A frame, without FCS, leaves. */
	void (*sent)(void *ctx, const uint8_t *frame, uint32_t len);
	/** The interrupt line changes. */
	void (*interrupt)(void *ctx, bool level);
};

/** One register access. */
struct model82545_access {
	uint64_t us;
	uint32_t offset;
	uint32_t val;
	bool write;
	bool io; /* through the I/O window */
};

struct model82545_frame {
	struct model82545_frame *next;
	uint64_t errors;  /* M_RXD_CE, ... */
	uint64_t status;  /* for the descriptor with EOP */
	uint16_t special;
	uint16_t csum;
	uint32_t len;     /* with FCS */
	uint32_t off;     /* in memory already */
	uint8_t data[];
};

/* What the chip keeps of a descriptor that the driver posted. */
struct model82545_posted {
	uint64_t addr;
	uint64_t word;
	uint64_t sum;  /* of the bytes to send */
	uint32_t len;
};

/* A descriptor ring as the chip sees it. */
struct model82545_ring {
	enum model82545_dir dir;
	uint32_t base;     /* offset of RDBAL or TDBAL */
	struct model82545_posted *posted;
	uint32_t seen;     /* posted up to here */
	uint32_t returned; /* given back up to here */
	uint64_t off_us;   /* when it was switched off */
	bool on;
	bool stopping;     /* off, but a frame may still be in flight */
	bool set_up;       /* the head was written since it was on */
};

/* §3.3.6: one of the two contexts on the chip. */
struct model82545_context {
	bool valid;
	uint8_t ipcss, ipcso, tucss, tucso, hdrlen;
	uint16_t ipcse, tucse, mss;
	uint32_t paylen;
	bool tcp, ip;
};

/* The packet that the transmitter collects. */
struct model82545_packet {
	uint8_t *data;
	uint32_t len;
	uint32_t size;     /* allocated */
	uint32_t nb_descs;
	bool extended;
	uint64_t first;    /* word of the first data descriptor */
	uint32_t last_len; /* of the last descriptor, bytes */
	uint8_t css;
	bool after_tso;    /* it follows a segmented one */
};

struct model82545 {
	/* Set by model82545_init(). */
	uint32_t *regs;
	const struct model82545_ops *ops;
	void *ctx;
	enum model82545_kind kind;

	/* To be changed by whoever drives the model. */
	bool removed;         /* reads as *absent* */
	bool replaced;        /* by plain memory, as EAL does on SIGBUS */
	uint32_t absent;      /* all ones; 0 where an emulator's bus has nothing */
	uint32_t vanish_after; /* reads until it is removed; 0: it stays */
	bool stuck_eerd;      /* never DONE */
	bool stuck_mdic;      /* never R */
	bool stuck_rst;       /* RST stays set */
	bool stuck_phy;       /* PCTRL.15 stays set */
	bool mdic_error;      /* E on each access */
	bool immediate;       /* tail writes do the work that they allow */
	bool hold_dd;         /* descriptors sent are not reported */
	bool freeze_tx;       /* the transmitter hangs */
	bool udp_zero_bad;    /* a datagram without checksum counts as bad */
	bool any_length;      /* short frames are no fault */
	bool bound_64k;       /* 82545EM: what it writes must not cross 64 KiB */
	bool tracing;
	uint32_t stat_min;    /* frames that arrive before each read of GPRC: */
	uint32_t stat_max;    /* from so many to so many */
	uint32_t octets;      /* the most that arrive before each read of GORCL or GORCH */
	bool late_tail;       /* RDT takes effect with another access: QEMU under KVM */
	bool halves_clear;    /* a read clears its half of octets: VirtualBox */
	uint32_t eerd_us;     /* duration of an EEPROM read, */
	uint32_t mdic_us;     /* a PHY access, */
	uint32_t rst_us;      /* a reset, */
	uint32_t load_us;     /* loading from the EEPROM after it, */
	uint32_t an_us;       /* a negotiation */
	uint16_t eeprom[MODEL82545_EEPROM_WORDS];
	uint16_t phy[MODEL82545_PHY_REGS];
	bool cable;           /* there is a partner */
	uint16_t partner;     /* its ANA, */
	bool partner_gigabit; /* and whether it does 1000BASE-T */

	/* What came of it. */
	uint32_t nb_faults;   /* rules that the driver broke */
	char fault[256];      /* the first one */
	struct model82545_access trace[MODEL82545_TRACE_MAX];
	uint32_t nb_trace;
	uint64_t us;          /* time */
	bool int_level;
	uint64_t stat_sum;    /* what reads of GPRC returned in all */
	uint64_t octet_sum;   /* octets that were received so */

	/* Private. */
	uint32_t rdt;         /* not yet in effect, with late_tail */
	bool rdt_waits;
	uint64_t eerd_done, mdic_done, rst_done, load_done, an_done, phy_done;
	bool eerd_busy, mdic_busy, rst_busy, load_busy, an_busy, phy_busy;
	bool phy_link;
	uint16_t pscon;       /* as of the last PHY reset */
	uint32_t rxa_kb;      /* PBA as of the last reset */
	uint32_t microwire_bits;
	uint32_t microwire_in;
	uint16_t microwire_out;
	bool microwire_write_on;
	struct model82545_ring rx;
	struct model82545_ring tx;
	struct model82545_frame *fifo, *fifo_last;
	uint32_t fifo_len;
	struct model82545_context normal, tso;
	struct model82545_packet packet;
};

void model82545_init(struct model82545 *m, enum model82545_kind kind, uint32_t *regs,
		const struct model82545_ops *ops, void *ctx);
void model82545_fini(struct model82545 *m);

/* The bus. Only aligned 32-bit accesses exist (§13.2). */
uint32_t model82545_read(struct model82545 *m, uint32_t offset);
void model82545_write(struct model82545 *m, uint32_t offset, uint32_t val);
void model82545_io_write(struct model82545 *m, uint32_t offset, uint32_t val);

/** Time passes. */
void model82545_advance(struct model82545 *m, uint64_t us);

/** The cable is plugged in or out. */
void model82545_cable(struct model82545 *m, bool plugged);

/** Garbage in every register, as the driver before this one may leave it. */
void model82545_poison(struct model82545 *m, uint32_t seed);

/** Set the checksum word of the EEPROM. */
void model82545_eeprom_seal(struct model82545 *m);

/**
 * The first access number *from* or later that is like this; -1: none.
 */
int model82545_trace_find(const struct model82545 *m, uint32_t from, bool write,
		uint32_t offset);

/** A frame, without FCS, arrives. *errors*: M_RXD_CE, ... Returns false: filtered or lost. */
bool model82545_rx_inject(struct model82545 *m, const void *frame, uint32_t len,
		uint64_t errors);

/** Use up to *n* receive descriptors for what arrived; returns how many. */
uint32_t model82545_rx_run(struct model82545 *m, uint32_t n);

/** Read up to *n* transmit descriptors; returns how many. */
uint32_t model82545_tx_run(struct model82545 *m, uint32_t n);

/** With hold_dd: report up to *n* descriptors sent. */
uint32_t model82545_tx_report(struct model82545 *m, uint32_t n);

/** Descriptors that the driver has posted and the chip has not used. */
uint32_t model82545_ring_posted(const struct model82545 *m, enum model82545_dir dir);

/* Among the model's own files. */
__attribute__((format(printf, 2, 3)))
void model82545_fault(struct model82545 *m, const char *fmt, ...);
uint32_t *model82545_reg(struct model82545 *m, uint32_t offset);
void model82545_count(struct model82545 *m, uint32_t offset, uint64_t n);
void model82545_count_octets(struct model82545 *m, uint32_t offset, uint64_t n);
void model82545_count_size(struct model82545 *m, uint32_t first, uint32_t len);
void model82545_cause(struct model82545 *m, uint32_t bits);
void model82545_rings_tick(struct model82545 *m);
void model82545_rings_reset(struct model82545 *m);
void model82545_ring_enable(struct model82545 *m, struct model82545_ring *r, bool on);
void model82545_ring_tail(struct model82545 *m, struct model82545_ring *r, uint32_t tail);
uint32_t model82545_ring_size(struct model82545 *m, const struct model82545_ring *r);
uint64_t *model82545_ring_desc(struct model82545 *m, const struct model82545_ring *r,
		uint32_t slot);
void model82545_ring_return(struct model82545 *m, struct model82545_ring *r);
void *model82545_mem(struct model82545 *m, uint64_t iova, uint32_t len);
uint32_t model82545_buf_len(struct model82545 *m);
void model82545_link_refresh(struct model82545 *m);
void model82545_mdic(struct model82545 *m, uint32_t val);
void model82545_eecd(struct model82545 *m, uint32_t val);
void model82545_phy_reset(struct model82545 *m);
void model82545_phy_tick(struct model82545 *m);
uint32_t model82545_crc32(const uint8_t *data, uint32_t len);
uint16_t model82545_sum(const uint8_t *data, uint32_t len);
uint64_t model82545_rx_checks(struct model82545 *m, const uint8_t *frame, uint32_t len);
void model82545_tx_context(struct model82545 *m, uint64_t addr, uint64_t word);
uint32_t model82545_tx_vlan(struct model82545 *m, uint8_t *frame, uint32_t len,
		uint16_t tci);
void model82545_tx_segment(struct model82545 *m, struct model82545_packet *p,
		void (*emit)(struct model82545 *m, uint8_t *frame, uint32_t len));
void model82545_tx_checksums(struct model82545 *m, uint8_t *frame, uint32_t len,
		const struct model82545_context *c, uint64_t popts);

#endif /* MODEL82545_H */
