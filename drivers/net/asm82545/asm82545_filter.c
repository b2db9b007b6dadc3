/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * Receive filters (§13.5). 16 addresses match exactly; further ones, and the
 * multicast list, go to a hash of 4096 bits, which lets others with the same
 * hash pass as well. The tables are kept in struct asm82545_filters, so that
 * removing an address never takes a bit that another one shares.
 */

#include <string.h>

#include "asm82545.h"

/* §13.5.1, RCTL.MO = 0: bits 47:36 of the address. */
uint16_t
asm82545_mta_hash(const struct rte_ether_addr *addr)
{
	return addr->addr_bytes[4] >> 4 | addr->addr_bytes[5] << 4;
}

static void
set_bit(uint32_t *table, uint16_t bit)
{
	table[bit / 32] |= RTE_BIT32(bit % 32);
}

/*
 * Each write is read back (flushed): in PCI-X mode a burst into these arrays
 * may lose every other word.
 */
static void
write_word(const struct asm82545_hw *hw, uint32_t offset, uint32_t val)
{
	asm82545_wr32(hw, offset, val);
	asm82545_flush(hw);
}

/* §13.5.3: RAL first, then RAH, which makes it valid; the zero address is not. */
void
asm82545_filter_set_rar(const struct asm82545_hw *hw, uint32_t index,
		const struct rte_ether_addr *addr)
{
	const uint8_t *b = addr->addr_bytes;
	uint32_t low = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	uint32_t high = b[4] | b[5] << 8;

	if (!rte_is_zero_ether_addr(addr))
		high |= ASM82545_RAH_AV;
	write_word(hw, ASM82545_RAH + 8 * index, 0);
	write_word(hw, ASM82545_RAL + 8 * index, low);
	write_word(hw, ASM82545_RAH + 8 * index, high);
}

/* The hash of the multicast list and of the addresses beyond the exact ones. */
static void
filter_hash(const struct asm82545_filters *f, uint32_t *mta)
{
	uint32_t i;

	memcpy(mta, f->mc, sizeof(f->mc));
	for (i = ASM82545_NB_RAR; i < ASM82545_MAX_MACS; i++)
		if (!rte_is_zero_ether_addr(&f->macs[i]))
			set_bit(mta, asm82545_mta_hash(&f->macs[i]));
}

static void
filter_write_mta(const struct asm82545_hw *hw, const struct asm82545_filters *f)
{
	uint32_t mta[ASM82545_NB_MTA];
	uint32_t i;

	filter_hash(f, mta);
	for (i = 0; i < ASM82545_NB_MTA; i++)
		write_word(hw, ASM82545_MTA + 4 * i, mta[i]);
}

/* Everything, after a reset. */
void
asm82545_filter_write(const struct asm82545_hw *hw, const struct asm82545_filters *f)
{
	uint32_t i;

	for (i = 0; i < ASM82545_NB_RAR; i++)
		asm82545_filter_set_rar(hw, i, &f->macs[i]);
	filter_write_mta(hw, f);
	for (i = 0; i < ASM82545_NB_VFTA; i++)
		write_word(hw, ASM82545_VFTA + 4 * i, f->vfta[i]);
}

/* The zero address removes what is there. */
void
asm82545_filter_set_mac(const struct asm82545_hw *hw, struct asm82545_filters *f,
		uint32_t index, const struct rte_ether_addr *addr)
{
	rte_ether_addr_copy(addr, &f->macs[index]);
	if (index < ASM82545_NB_RAR)
		asm82545_filter_set_rar(hw, index, addr);
	else
		filter_write_mta(hw, f);
}

/* *addrs* replaces the list. */
void
asm82545_filter_set_mc(const struct asm82545_hw *hw, struct asm82545_filters *f,
		const struct rte_ether_addr *addrs, uint32_t nb)
{
	uint32_t i;

	memset(f->mc, 0, sizeof(f->mc));
	for (i = 0; i < nb; i++)
		set_bit(f->mc, asm82545_mta_hash(&addrs[i]));
	filter_write_mta(hw, f);
}

/* §13.5.4: bit VID of 4096. */
void
asm82545_filter_set_vlan(const struct asm82545_hw *hw, struct asm82545_filters *f,
		uint16_t vid, bool on)
{
	uint32_t word = vid / 32, bit = RTE_BIT32(vid % 32);

	if (on)
		f->vfta[word] |= bit;
	else
		f->vfta[word] &= ~bit;
	write_word(hw, ASM82545_VFTA + 4 * word, f->vfta[word]);
}
