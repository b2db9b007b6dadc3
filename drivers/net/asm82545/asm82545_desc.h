/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_DESC_H
#define ASM82545_DESC_H

/* Descriptors: what the chip and the driver share in memory (§3.2.3, §3.3.3). */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_bitops.h>
#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_vect.h>

/*
 * Both descriptor formats are an address and a word of everything else. The
 * chip writes that word as a whole, so one aligned load of it sees the status
 * and all that belongs to it.
 */
struct asm82545_desc {
	uint64_t addr; /* little endian */
	uint64_t word; /* little endian */
};
static_assert(sizeof(struct asm82545_desc) == 16, "§3.2.3, §3.3.3: 16 bytes");
static_assert(offsetof(struct asm82545_desc, word) == 8, "§3.2.3: address first");

/* §3.2.3 Receive descriptor, bits of the word */
#define ASM82545_RXD_LEN_M       0xFFFFull
#define ASM82545_RXD_CSUM_S      16
#define ASM82545_RXD_STAT_DD     RTE_BIT64(32) /* Descriptor Done */
#define ASM82545_RXD_STAT_EOP    RTE_BIT64(33) /* End of Packet */
#define ASM82545_RXD_STAT_IXSM   RTE_BIT64(34) /* Ignore Checksum Indication */
#define ASM82545_RXD_STAT_VP     RTE_BIT64(35) /* Packet is 802.1Q */
#define ASM82545_RXD_STAT_TCPCS  RTE_BIT64(37)
#define ASM82545_RXD_STAT_IPCS   RTE_BIT64(38)
#define ASM82545_RXD_STAT_PIF    RTE_BIT64(39) /* Passed in-exact filter */
#define ASM82545_RXD_ERR_CE      RTE_BIT64(40) /* CRC or Alignment Error */
#define ASM82545_RXD_ERR_SE      RTE_BIT64(41) /* Symbol Error */
#define ASM82545_RXD_ERR_SEQ     RTE_BIT64(42) /* Sequence Error */
#define ASM82545_RXD_ERR_TCPE    RTE_BIT64(45)
#define ASM82545_RXD_ERR_IPE     RTE_BIT64(46)
#define ASM82545_RXD_ERR_RXE     RTE_BIT64(47) /* RX Data Error */
#define ASM82545_RXD_SPECIAL_S   48
/* A frame with one of these was received damaged (only with RCTL.SBP). */
#define ASM82545_RXD_ERR_FRAME \
	(ASM82545_RXD_ERR_CE | ASM82545_RXD_ERR_SE | ASM82545_RXD_ERR_SEQ | \
	 ASM82545_RXD_ERR_RXE)

/* §3.3.3 Legacy transmit descriptor, bits of the word */
#define ASM82545_TXD_CMD_EOP     RTE_BIT64(24) /* End of Packet */
#define ASM82545_TXD_CMD_IFCS    RTE_BIT64(25) /* Insert FCS */
#define ASM82545_TXD_CMD_RS      RTE_BIT64(27) /* Report Status */
#define ASM82545_TXD_CMD_DEXT    RTE_BIT64(29) /* Extended: context or data */
#define ASM82545_TXD_CMD_VLE     RTE_BIT64(30) /* VLAN Packet Enable */
#define ASM82545_TXD_STAT_DD     RTE_BIT64(32) /* Descriptor Done */
#define ASM82545_TXD_SPECIAL_S   48

/* §3.3.5 Context descriptor: the address ... */
#define ASM82545_TXC_IPCSS_S     0
#define ASM82545_TXC_IPCSO_S     8
#define ASM82545_TXC_IPCSE_S     16
#define ASM82545_TXC_TUCSS_S     32
#define ASM82545_TXC_TUCSO_S     40
#define ASM82545_TXC_TUCSE_S     48
/* ... and the word; DTYP is 0 */
#define ASM82545_TXC_PAYLEN_M    0xFFFFFull
#define ASM82545_TXC_TCP         RTE_BIT64(24) /* else UDP */
#define ASM82545_TXC_IPV4        RTE_BIT64(25) /* else IPv6 */
#define ASM82545_TXC_TSE         RTE_BIT64(26) /* TCP Segmentation Enable */
#define ASM82545_TXC_HDRLEN_S    40
#define ASM82545_TXC_MSS_S       48

/* §3.3.7 Data descriptor, bits of the word beside those of the legacy one */
#define ASM82545_TXD_DTYP_DATA   RTE_BIT64(20)
#define ASM82545_TXD_CMD_TSE     RTE_BIT64(26)
#define ASM82545_TXD_POPTS_IXSM  RTE_BIT64(40) /* Insert IP Checksum */
#define ASM82545_TXD_POPTS_TXSM  RTE_BIT64(41) /* Insert TCP/UDP Checksum */

/*
 * §3.2.3: with the status in the same aligned word as the length there is no
 * second access to order. The acquire orders this load before the caller's
 * loads of the packet, which the chip wrote before the descriptor (§3.2.4).
 */
static inline uint64_t
asm82545_desc_word(const struct asm82545_desc *d)
{
	return rte_le_to_cpu_64(__atomic_load_n(&d->word, __ATOMIC_ACQUIRE));
}

static inline void
asm82545_desc_fill(struct asm82545_desc *d, uint64_t iova, uint64_t word)
{
	/* Two stores: together in a vector they would take an instruction more. */
	__atomic_store_n(&d->addr, rte_cpu_to_le_64(iova), __ATOMIC_RELAXED);
	__atomic_store_n(&d->word, rte_cpu_to_le_64(word), __ATOMIC_RELAXED);
}

/*
 * Give a receive descriptor its buffer. The word is zeroed as the driver polls
 * DD in it, and as emulators OR the new status into what is there.
 */
static inline void
asm82545_rxd_arm(struct asm82545_desc *d, const struct rte_mbuf *m)
{
#ifdef __SSE2__
	/* The buffer's address with a word of zeros behind it, and the headroom added. */
	__m128i iova = _mm_set_epi64x(0, rte_mbuf_iova_get(m));

	_mm_store_si128((__m128i *)d,
		_mm_add_epi64(iova, _mm_set_epi64x(0, RTE_PKTMBUF_HEADROOM)));
#else
	asm82545_desc_fill(d, rte_mbuf_data_iova_default(m), 0);
#endif
}

static inline uint16_t
asm82545_rxd_len(uint64_t word)
{
	return word & ASM82545_RXD_LEN_M;
}

#endif /* ASM82545_DESC_H */
