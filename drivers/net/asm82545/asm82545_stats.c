/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Statistics registers (§13.7): 32 bits wide, cleared when read. Octets have two
 * registers, which a read of the high half clears both. What arrives between the
 * two reads would be lost, so only the low half is read: it runs, where it is not
 * cleared by its own read as in VirtualBox. asm82545_stats_update() is called
 * before it can move by 2 GiB, 17 s of a full wire.
 */

#include <string.h>

#include "asm82545.h"

const struct asm82545_counter asm82545_counters[ASM82545_NB_COUNTERS] = {
	[ASM82545_CRCERRS] = { "rx_crc_errors", 0x4000, 0 },
	[ASM82545_ALGNERRC] = { "rx_align_errors", 0x4004, 0 },
	[ASM82545_SYMERRS] = { "rx_symbol_errors", 0x4008, 0 },
	[ASM82545_RXERRC] = { "rx_rxerr_errors", 0x400C, 0 },
	[ASM82545_MPC] = { "rx_missed_packets", 0x4010, 0 },
	[ASM82545_SCC] = { "tx_single_collision_packets", 0x4014, 0 },
	[ASM82545_ECOL] = { "tx_excessive_collision_packets", 0x4018, 0 },
	[ASM82545_MCC] = { "tx_multiple_collision_packets", 0x401C, 0 },
	[ASM82545_LATECOL] = { "tx_late_collisions", 0x4020, 0 },
	[ASM82545_COLC] = { "tx_total_collisions", 0x4028, 0 },
	[ASM82545_DC] = { "tx_deferred_packets", 0x4030, 0 },
	[ASM82545_TNCRS] = { "tx_no_carrier_sense_packets", 0x4034, 0 },
	[ASM82545_SEC] = { "rx_sequence_errors", 0x4038, 0 },
	[ASM82545_CEXTERR] = { "rx_carrier_ext_errors", 0x403C, 0 },
	[ASM82545_RLEC] = { "rx_length_errors", 0x4040, 0 },
	[ASM82545_XONRXC] = { "rx_xon_packets", 0x4048, 0 },
	[ASM82545_XONTXC] = { "tx_xon_packets", 0x404C, 0 },
	[ASM82545_XOFFRXC] = { "rx_xoff_packets", 0x4050, 0 },
	[ASM82545_XOFFTXC] = { "tx_xoff_packets", 0x4054, 0 },
	[ASM82545_FCRUC] = { "rx_flow_control_unsupported_packets", 0x4058, 0 },
	[ASM82545_PRC64] = { "rx_size_64_packets", 0x405C, 0 },
	[ASM82545_PRC127] = { "rx_size_65_to_127_packets", 0x4060, 0 },
	[ASM82545_PRC255] = { "rx_size_128_to_255_packets", 0x4064, 0 },
	[ASM82545_PRC511] = { "rx_size_256_to_511_packets", 0x4068, 0 },
	[ASM82545_PRC1023] = { "rx_size_512_to_1023_packets", 0x406C, 0 },
	[ASM82545_PRC1522] = { "rx_size_1024_to_max_packets", 0x4070, 0 },
	[ASM82545_GPRC] = { "rx_good_packets_hw", 0x4074, 0 },
	[ASM82545_BPRC] = { "rx_broadcast_packets", 0x4078, 0 },
	[ASM82545_MPRC] = { "rx_multicast_packets", 0x407C, 0 },
	[ASM82545_GPTC] = { "tx_good_packets_hw", 0x4080, 0 },
	[ASM82545_GORC] = { "rx_good_octets", 0x4088, 0x408C },
	[ASM82545_GOTC] = { "tx_good_octets", 0x4090, 0x4094 },
	[ASM82545_RNBC] = { "rx_no_buffer_packets", 0x40A0, 0 },
	[ASM82545_RUC] = { "rx_undersize_packets", 0x40A4, 0 },
	[ASM82545_RFC] = { "rx_fragment_packets", 0x40A8, 0 },
	[ASM82545_ROC] = { "rx_oversize_packets", 0x40AC, 0 },
	[ASM82545_RJC] = { "rx_jabber_packets", 0x40B0, 0 },
	[ASM82545_MGTPRC] = { "rx_management_packets", 0x40B4, 0 },
	[ASM82545_MGTPDC] = { "rx_management_dropped", 0x40B8, 0 },
	[ASM82545_MGTPTC] = { "tx_management_packets", 0x40BC, 0 },
	[ASM82545_TOR] = { "rx_total_octets", 0x40C0, 0x40C4 },
	[ASM82545_TOT] = { "tx_total_octets", 0x40C8, 0x40CC },
	[ASM82545_TPR] = { "rx_total_packets", 0x40D0, 0 },
	[ASM82545_TPT] = { "tx_total_packets", 0x40D4, 0 },
	[ASM82545_PTC64] = { "tx_size_64_packets", 0x40D8, 0 },
	[ASM82545_PTC127] = { "tx_size_65_to_127_packets", 0x40DC, 0 },
	[ASM82545_PTC255] = { "tx_size_128_to_255_packets", 0x40E0, 0 },
	[ASM82545_PTC511] = { "tx_size_256_to_511_packets", 0x40E4, 0 },
	[ASM82545_PTC1023] = { "tx_size_512_to_1023_packets", 0x40E8, 0 },
	[ASM82545_PTC1522] = { "tx_size_1024_to_max_packets", 0x40EC, 0 },
	[ASM82545_MPTC] = { "tx_multicast_packets", 0x40F0, 0 },
	[ASM82545_BPTC] = { "tx_broadcast_packets", 0x40F4, 0 },
	[ASM82545_TSCTC] = { "tx_tso_contexts", 0x40F8, 0 },
	[ASM82545_TSCTFC] = { "tx_tso_context_errors", 0x40FC, 0 },
};

/*
 * Reads of a counter whose values settle how it behaves. One that clears shows
 * in each read what came since the one before, microseconds ago: over a run
 * of reads some value falls. One that runs never falls.
 */
#define PROBE_READS  16
/* No wire brings this many frames, or the bytes of them, between two reads. */
#define PROBE_CERTAIN_FRAMES 64u
#define PROBE_CERTAIN_OCTETS (PROBE_CERTAIN_FRAMES * 16384)

static uint32_t
probe_certain(const struct asm82545_counter *c)
{
	return c->high != 0 ? PROBE_CERTAIN_OCTETS : PROBE_CERTAIN_FRAMES;
}

/* Octets fall by more than this only when they wrap round. */
#define OCTETS_WRAP  RTE_BIT32(31)

static uint64_t
counter_probe(const struct asm82545_hw *hw, struct asm82545_stats *s, uint32_t i,
	      uint32_t first)
{
	const struct asm82545_counter *c = &asm82545_counters[i];
	uint32_t before = first, now;
	uint64_t sum = first;
	int reads;

	for (reads = 0; reads < PROBE_READS; reads++) {
		now = asm82545_rd32(hw, c->low);
		sum += now;
		if (now < before) {
			s->mode[i] = ASM82545_COUNTER_CLEARS;
			return sum;
		}
		before = now;
		if (first >= probe_certain(c))
			break;
	}
	s->mode[i] = ASM82545_COUNTER_RUNS;
	s->last[i] = before;
	return before;
}

static uint64_t
counter_read(const struct asm82545_hw *hw, struct asm82545_stats *s, uint32_t i)
{
	const struct asm82545_counter *c = &asm82545_counters[i];
	uint32_t val = asm82545_rd32(hw, c->low);
	uint32_t last;

	switch (s->mode[i]) {
	case ASM82545_COUNTER_CLEARS:
		return val;
	case ASM82545_COUNTER_RUNS:
		last = s->last[i];
		/* Reset in between, or it was taken for one that runs. */
		if (val < last && (c->high == 0 || last - val < OCTETS_WRAP))
			return counter_probe(hw, s, i, val);
		s->last[i] = val;
		return val - last;
	default:
		return val == 0 ? 0 : counter_probe(hw, s, i, val);
	}
}

/*
 * Read every register, also those that nobody asked for: some emulators copy
 * a total to a good counter at each packet, which only stays right when both
 * are cleared together.
 */
void
asm82545_stats_update(const struct asm82545_hw *hw, struct asm82545_stats *s)
{
	uint32_t i;

	if (asm82545_hw_removed(hw))
		return;
	for (i = 0; i < ASM82545_NB_COUNTERS; i++)
		if (!s->in_reset || asm82545_counters[i].high == 0)
			s->sum[i] += counter_read(hw, s, i);
}

/* Octets that run start anew with a reset of the chip, though not in QEMU. */
void
asm82545_stats_before_reset(const struct asm82545_hw *hw, struct asm82545_stats *s)
{
	asm82545_stats_update(hw, s);
	s->in_reset = true;
}

/* While nothing passes yet. */
void
asm82545_stats_after_reset(const struct asm82545_hw *hw, struct asm82545_stats *s)
{
	uint32_t i;

	for (i = 0; i < ASM82545_NB_COUNTERS; i++)
		if (asm82545_counters[i].high != 0)
			s->last[i] = asm82545_rd32(hw, asm82545_counters[i].low);
	s->in_reset = false;
}

/* Whatever the registers hold now, a driver before this one left behind. */
void
asm82545_stats_start(const struct asm82545_hw *hw, struct asm82545_stats *s)
{
	memset(s, 0, sizeof(*s));
	asm82545_stats_update(hw, s);
	memset(s->sum, 0, sizeof(s->sum));
}

/* Octets count the FCS (§13.7.32), the bytes of a port do not. */
void
asm82545_stats_basic(const struct asm82545_stats *s,
		struct asm82545_basic_stats *basic)
{
	const uint64_t *sum = s->sum;

	basic->rx_packets = sum[ASM82545_GPRC];
	basic->rx_bytes = sum[ASM82545_GORC] - sum[ASM82545_GPRC] * RTE_ETHER_CRC_LEN;
	basic->rx_missed = sum[ASM82545_MPC];
	basic->rx_errors = sum[ASM82545_CRCERRS] + sum[ASM82545_RLEC] +
		sum[ASM82545_RXERRC] + sum[ASM82545_ALGNERRC] +
		sum[ASM82545_CEXTERR] + sum[ASM82545_RUC] + sum[ASM82545_ROC];
	basic->tx_packets = sum[ASM82545_GPTC];
	basic->tx_bytes = sum[ASM82545_GOTC] - sum[ASM82545_GPTC] * RTE_ETHER_CRC_LEN;
	basic->tx_errors = sum[ASM82545_ECOL] + sum[ASM82545_LATECOL];
}
