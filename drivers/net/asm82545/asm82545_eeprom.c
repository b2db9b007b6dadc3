/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>

#include <rte_cycles.h>

#include "asm82545.h"
#include "asm82545_log.h"

/*
 * §13.4.4: write the address with START, poll DONE.
 * INTERPRET-MISSING §13.4.4: no limit is given; 0.1 s is ample for the 16 bits
 * of a serial EEPROM.
 */
#define EERD_POLL_US     5
#define EERD_POLLS       20000

int
asm82545_eeprom_read(const struct asm82545_hw *hw, uint8_t word, uint16_t *val)
{
	uint32_t eerd;
	int i;

	asm82545_wr32(hw, ASM82545_EERD,
		(uint32_t)word << ASM82545_EERD_ADDR_S | ASM82545_EERD_START);
	for (i = 0; i < EERD_POLLS; i++) {
		eerd = asm82545_rd32(hw, ASM82545_EERD);
		if (eerd & ASM82545_EERD_DONE) {
			*val = eerd >> ASM82545_EERD_DATA_S;
			return asm82545_hw_removed(hw) ? -ENODEV : 0;
		}
		rte_delay_us(EERD_POLL_US);
	}
	return -ETIMEDOUT;
}

/*
 * The address in words 0 to 2, low byte first (§5.6.1). -EILSEQ: the words do
 * not sum up to BABAh (§5.6.35), or it is no station address.
 */
int
asm82545_eeprom_mac(const struct asm82545_hw *hw, struct rte_ether_addr *mac)
{
	uint16_t sum = 0, val;
	uint8_t word;
	int ret;

	for (word = 0; word < ASM82545_EEPROM_WORDS; word++) {
		ret = asm82545_eeprom_read(hw, word, &val);
		if (ret != 0)
			return ret;
		sum += val;
		if (word < RTE_ETHER_ADDR_LEN / 2) {
			mac->addr_bytes[2 * word] = val & 0xFF;
			mac->addr_bytes[2 * word + 1] = val >> 8;
		}
	}
	if (sum != ASM82545_EEPROM_SUM || !rte_is_valid_assigned_ether_addr(mac))
		return -EILSEQ;
	return 0;
}
